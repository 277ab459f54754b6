import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { canonicalJson } from "./canonical-json.ts";

describe("canonicalJson", () => {
  test("sorts keys by code unit, at every depth, and leaves nothing to chance", () => {
    const value = {
      "€": 1,
      b: [true, null, { z: 1, a: "x\n" }],
      a: 1e21,
      "\u{1f600}": -0,
      "\ufb33": 0.5,
    };
    expect(canonicalJson(value)).toBe(
      '{"a":1e+21,"b":[true,null,{"a":"x\\n","z":1}],"€":1,"\u{1f600}":0,"\ufb33":0.5}',
    );
  });

  test("is JSON that means the same, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(canonicalJson(value))).toEqual(plain);
        expect(canonicalJson(turnedRound(plain))).toBe(canonicalJson(value));
      }),
      numRuns(10_000),
    );
  });

  test("absent and undefined are the same in objects; in lists a gap is null, as JSON writes it", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    // oxlint-disable-next-line no-sparse-arrays
    expect(canonicalJson([, undefined, 1])).toBe("[null,null,1]");
  });

  test.each([
    ["NaN", Number.NaN],
    ["Infinity", -Infinity],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["undefined", undefined],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a key", { "\udc00": 1 }],
    ["a date", new Date(0)],
    ["a map", new Map()],
  ])("refuses %s", (_name, value) => expect(() => canonicalJson(value)).toThrow(RangeError));
});

function turnedRound(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedRound);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, child]) => [key, turnedRound(child)]));
}
