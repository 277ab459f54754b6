import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { editDistance, nameFinder } from "./closest-name.ts";

describe("nameFinder", () => {
  const closest = nameFinder(["build", "test", "publish", "reproduce", "a"]);

  test.each([
    ["biuld", "build"],
    ["publsh", "publish"],
    ["tests", "test"],
    ["reproduced", "reproduce"],
    ["deploy", undefined],
    ["zz", undefined],
  ])("%s -> %s", (wanted, expected) => expect(closest(wanted)).toBe(expected));

  test("stops guessing when its budget is used up", () => {
    const stingy = nameFinder(["abcdef"], 1);
    expect(stingy("abcdeg")).toBe("abcdef");
    expect(stingy("abcdeh")).toBeUndefined();
  });
});

describe("editDistance", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });

  test("is the optimal-string-alignment distance, cut off above the limit", () => {
    fc.assert(
      fc.property(word, word, fc.nat(4), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(slow(a, b), limit + 1));
      }),
      numRuns(10_000),
    );
  });
});

function slow(a: string, b: string): number {
  const known = new Map<string, number>();
  const go = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    let least = Math.min(go(i - 1, j) + 1, go(i, j - 1) + 1);
    least = Math.min(least, go(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
    if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
      least = Math.min(least, go(i - 2, j - 2) + 1);
    }
    known.set(key, least);
    return least;
  };
  return go(a.length, b.length);
}
