import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { oddsOfAll, oddsOfSuccess } from "./odds.ts";
import { NO_SAMPLES, predict, samplesOf } from "./predict.ts";
import type { Range } from "./range.ts";
import { scoreEstimates } from "./score.ts";

const prior: Range = { p10: 60, p50: 300, p90: 1_500 };
const positive = fc.double({ min: 0.01, max: 1e7, noNaN: true });

test("with nothing measured the prior stands", () => {
  expect(predict(NO_SAMPLES, prior)).toEqual(prior);
});

test("a range is in order and above 0, whatever was measured", () => {
  fc.assert(
    fc.property(fc.array(positive, { minLength: 1, maxLength: 50 }), (values) => {
      const { p10, p50, p90 } = predict(samplesOf(values), prior);
      expect(p10).toBeGreaterThan(0);
      expect(p10).toBeLessThanOrEqual(p50);
      expect(p50).toBeLessThanOrEqual(p90);
      expect(Number.isFinite(p90)).toBe(true);
    }),
    numRuns(1_000),
  );
});

test("one measurement moves it, many make it theirs", () => {
  const one = predict(samplesOf([10]), prior);
  expect(one.p50).toBeLessThan(prior.p50);
  expect(one.p50).toBeGreaterThan(10);
  const many = predict(samplesOf(Array.from({ length: 200 }, (_, i) => 9 + (i % 3))), prior);
  expect(many.p50).toBeGreaterThan(9.5);
  expect(many.p50).toBeLessThan(11);
  expect(many.p90).toBeLessThan(20);
});

test("eight in ten of what comes is inside, once there is enough to learn from", () => {
  // a grid of quantiles of one log-normal distribution: no chance is involved
  const drawn = Array.from({ length: 199 }, (_, i) => Math.exp(3 + logit((i + 1) / 200)));
  const range = predict(samplesOf(drawn), prior);
  const { coverage } = scoreEstimates(drawn.map((actual) => ({ range, naive: 1, actual })));
  expect(coverage).toBeGreaterThan(0.74);
  expect(coverage).toBeLessThan(0.9);
});

test("scores say when a naive guess is as good", () => {
  const range = { p10: 90, p50: 100, p90: 110 };
  const good = scoreEstimates([{ range, naive: 50, actual: 100 }]);
  expect(good).toEqual({ count: 1, coverage: 1, error: 0, naiveError: 0.5, isUseful: true });
  const bad = scoreEstimates([{ range, naive: 200, actual: 200 }]);
  expect(bad).toMatchObject({ coverage: 0, error: 0.5, naiveError: 0, isUseful: false });
  expect(scoreEstimates([])).toMatchObject({ count: 0, coverage: null, isUseful: true });
});

test("odds begin at the prior and follow what was seen", () => {
  expect(oddsOfSuccess({ succeeded: 0, failed: 0 })).toBe(0.9);
  expect(oddsOfSuccess({ succeeded: 0, failed: 90 })).toBeCloseTo(0.09);
  expect(oddsOfSuccess({ succeeded: 990, failed: 0 })).toBeGreaterThan(0.99);
});

test("the odds of many are those of one that nobody knows well, not its power", () => {
  expect(oddsOfAll({ succeeded: 0, failed: 0 }, 0)).toBe(1);
  expect(oddsOfAll({ succeeded: 3, failed: 2 }, 1)).toBeCloseTo(
    oddsOfSuccess({ succeeded: 3, failed: 2 }),
  );
  // with one failure in the prior the product telescopes: 9 / (9 + n)
  expect(oddsOfAll({ succeeded: 0, failed: 0 }, 91)).toBeCloseTo(0.09);
  expect(oddsOfAll({ succeeded: 0, failed: 0 }, 91)).toBeGreaterThan(0.9 ** 91);
});

function logit(p: number): number {
  return 0.6 * Math.log(p / (1 - p));
}
