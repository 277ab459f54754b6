import fc from "fast-check";
import { expect, it } from "vitest";
import { numRuns } from "../testing/index.ts";
import { fullness, readAmount, writeAmount } from "./amount.ts";
import { BudgetMeasure } from "./measures.ts";

it("writes what it reads, exactly", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...BudgetMeasure.options),
      fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
      (measure, amount) => {
        expect(readAmount(measure, writeAmount(measure, amount))).toBe(amount);
      },
    ),
    numRuns(1_000),
  );
  expect(readAmount("usd", "2.50")).toBe(2_500_000_000_000n);
  expect(writeAmount("usd", 2_500_000_000_000n)).toBe("2.5");
});

it.each([
  ["usd", "-1"],
  ["usd", "1e3"],
  ["usd", "0.0000000000001"],
  ["tokens", "1.5"],
  ["calls", ""],
  ["depth", "-1"],
] as const)("refuses %s %s", (measure, text) => {
  expect(() => readAmount(measure, text)).toThrow(RangeError);
});

it("says how full something is", () => {
  expect([fullness(100n, 25n), fullness(100n, 130n), fullness(0n, 0n)]).toEqual([0.25, 1.3, 1]);
});
