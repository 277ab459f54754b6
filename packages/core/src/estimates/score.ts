import type { Range } from "./range.ts";

/** What was foretold, what a naive guess would have been, and what came. */
export interface Outcome {
  readonly range: Range;
  /** The median of all that was measured before, whatever it was. */
  readonly naive: number;
  readonly actual: number;
}

/** How good estimates were. Null where there is nothing to tell from. */
export interface EstimateScore {
  readonly count: number;
  /** Share of outcomes from p10 to p90: 0.8 is right. */
  readonly coverage: number | null;
  /** Median of |actual - p50| / actual. */
  readonly error: number | null;
  readonly naiveError: number | null;
  /** Whether the estimates are worth showing: their error is no more than the naive guess's. */
  readonly isUseful: boolean;
}

/** Scores estimates against what came, beside a naive guess. Outcomes of 0 tell nothing and are left out. */
export function scoreEstimates(all: readonly Outcome[]): EstimateScore {
  const outcomes = all.filter(({ actual }) => actual > 0);
  const inside = outcomes.filter(({ range, actual }) => range.p10 <= actual && actual <= range.p90);
  const errorOf = (guess: (one: Outcome) => number) =>
    median(outcomes.map((one) => Math.abs(one.actual - guess(one)) / one.actual));
  const error = errorOf(({ range }) => range.p50);
  const naiveError = errorOf(({ naive }) => naive);
  return {
    count: outcomes.length,
    coverage: outcomes.length === 0 ? null : inside.length / outcomes.length,
    error,
    naiveError,
    isUseful: error === null || naiveError === null || error <= naiveError,
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
