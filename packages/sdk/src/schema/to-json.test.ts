import { expect, test } from "vitest";
import { toJson } from "./to-json.ts";

test("what JSON holds comes back as a copy, without undefined", () => {
  const value = { a: [1, "x", null, { b: true }], gone: undefined };
  const copy = toJson(value, "it");
  expect(copy).toEqual({ a: [1, "x", null, { b: true }] });
  expect(copy).not.toHaveProperty("gone");
  expect(copy).not.toBe(value);
  expect(toJson(undefined, "it")).toBeNull();
  expect(toJson(Object.assign(Object.create(null) as object, { a: 1 }), "it")).toEqual({ a: 1 });
});

const loop: Record<string, unknown> = {};
loop["self"] = { loop };
const deep = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`) as unknown;
const shared = { n: 1 };

test.each([
  ["a loop", loop, /\/self\/loop contains itself/],
  ["too deep", deep, /deeper than 64 levels/],
  ["a hole", [1, undefined], /\/1 is undefined/],
  ["a bigint", { n: 1n }, /\/n is a bigint/],
  ["a Map", new Map(), /it is a Map/],
  ["half a pair", "\ud83d", /half of a surrogate pair/],
])("%s is refused", (_, value, message) => {
  expect(() => toJson(value, "The value")).toThrow(message);
});

test("the same object in two places is no loop", () => {
  expect(toJson([shared, shared], "it")).toEqual([{ n: 1 }, { n: 1 }]);
});
