import { describe, expect, test } from "vitest";
import { nestedDeeperThan, StorableJson, storableText, unstorableJson } from "./text.ts";

describe("storableText", () => {
  const Text = storableText(10);
  test("takes any valid Unicode", () => expect(Text.safeParse("schön 🎉").success).toBe(true));
  test.each([
    ["nul", "a\u0000b", /NUL/],
    ["a lone surrogate", "a\ud800b", /surrogate/],
  ])("refuses %s", (_name, text, message) => {
    expect(Text.safeParse(text).error?.issues[0]?.message).toMatch(message);
  });
});

describe("unstorableJson", () => {
  test("names the place", () => {
    expect(unstorableJson({ a: [1, { b: "x\u0000" }] }).map((issue) => issue.path)).toEqual([
      ["a", 1, "b"],
    ]);
  });

  test("looks at keys too, and says which fault it is", () => {
    expect(unstorableJson({ "k\ud800": 1 })[0]?.message).toContain("surrogate");
    expect(unstorableJson({ "k\u0000": 1 })[0]?.message).toContain("NUL");
  });

  test("takes 64 levels and refuses the next, without walking on", () => {
    const nest = (levels: number) => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) value = [value];
      return value;
    };
    expect(unstorableJson(nest(64))).toEqual([]);
    expect(unstorableJson(nest(65))[0]?.message).toContain("deeper than 64");
    expect(unstorableJson(nest(100_000))).toHaveLength(1);
  });

  test("ends on a value that contains itself", () => {
    const loop: unknown[] = [];
    loop.push(loop, loop);
    expect(unstorableJson(loop).length).toBeGreaterThan(0);
  });

  test("refuses what JSON cannot hold (YAML has .nan and .inf)", () => {
    expect(unstorableJson({ a: Number.NaN, b: 1n, c: Infinity })).toHaveLength(3);
  });

  test("as a schema", () => {
    expect(StorableJson.safeParse({ a: { b: "ok" } }).success).toBe(true);
    expect(StorableJson.safeParse({ a: { b: "\ud800" } }).success).toBe(false);
  });
});

test("depth is told of any nesting, also of one that no recursion survives", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = level % 2 ? { a: deep } : [0, deep];
  expect(nestedDeeperThan(1_000, deep)).toBe(true);
  expect(nestedDeeperThan(2, { a: [1, "x", null] })).toBe(false);
  expect(nestedDeeperThan(2, { a: [{}] })).toBe(true);
});
