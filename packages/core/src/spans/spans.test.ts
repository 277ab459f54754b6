import fc from "fast-check";
import { expect, it } from "vitest";
import { readSpan, saySpan } from "./spans.ts";

it("reads back what it says", () => {
  fc.assert(
    fc.property(fc.option(fc.nat(999_999_999)), (seconds) => {
      expect(readSpan(saySpan(seconds))).toBe(seconds);
    }),
  );
});

it.each([
  ["7d", 604_800],
  [" 12 H ", 43_200],
  ["0s", 0],
  ["never", null],
  ["7", undefined],
  ["", undefined],
  ["1.5d", undefined],
  ["-1d", undefined],
  ["7d 3h", undefined],
])("reads %s", (text, seconds) => {
  expect(readSpan(text)).toBe(seconds);
});

it("says the largest exact unit", () => {
  expect([604_800, 43_200, 90, 0, null].map(saySpan)).toEqual(["7d", "12h", "90s", "0s", "never"]);
});
