import { z } from "zod";
import { Strategy } from "../vocabulary/index.ts";
import { utilityOf } from "./utility.ts";
import { wilson } from "../estimates/index.ts";

/** A choice between at least two strategies whose outcome is known. */
export const MeasuredChoice = z.object({
  strategy: Strategy,
  heldOut: z.boolean(),
  /** The share of hold-out at that time. */
  holdOut: z.number(),
  successUsd: z.number(),
  hourUsd: z.number(),
  /** 0 to 1. */
  good: z.number(),
  seconds: z.number(),
  costUsd: z.number(),
});
export type MeasuredChoice = z.infer<typeof MeasuredChoice>;

/** better, worse: the interval leaves 0 out. */
export type LiftVerdict = "better" | "worse" | "not_shown" | "too_few";

export interface StrategyMeasure {
  readonly strategy: Strategy;
  readonly chosen: number;
  /** Of the hold-out, so without the choice's bias. */
  readonly heldOut: number;
  readonly success: number | null;
  readonly successLow: number;
  readonly successHigh: number;
  readonly utility: number | null;
}

/** What choosing on evidence is worth beyond choosing at random, in US dollars a choice. */
export interface Lift {
  readonly verdict: LiftVerdict;
  readonly chosen: number;
  readonly heldOut: number;
  readonly chosenUtility: number | null;
  readonly heldOutUtility: number | null;
  /** Absent where there are too few to tell. */
  readonly lift: number | null;
  readonly liftLow: number | null;
  readonly liftHigh: number | null;
  readonly chosenSuccess: number | null;
  readonly heldOutSuccess: number | null;
  readonly strategies: readonly StrategyMeasure[];
}

/** Fewer on either side, and the interval would be a guess. */
const LEAST = 20;
const Z95 = 1.96;

/**
 * The hold-out is a uniform random sample of the same work, so the difference of means is what the choosing brings. Where the share of
 * hold-out changed, each choice counts by how unlikely its side was (Hájek), so that the times do not mix. The interval holds the truth
 * 19 times in 20.
 */
export function measureLift(choices: readonly MeasuredChoice[]): Lift {
  // with no hold-out there is nothing to compare with at that time
  const counted = choices.filter(({ holdOut }) => holdOut > 0);
  const sides = Map.groupBy(counted, ({ heldOut }) => heldOut);
  const chosen = meanOf(sides.get(false) ?? []);
  const heldOut = meanOf(sides.get(true) ?? []);
  const enough = chosen.n >= LEAST && heldOut.n >= LEAST;
  const lift = chosen.utility - heldOut.utility;
  const reach = Z95 * Math.sqrt(chosen.variance + heldOut.variance);
  return {
    verdict: enough ? verdictOf(lift, reach) : "too_few",
    chosen: chosen.n,
    heldOut: heldOut.n,
    chosenUtility: chosen.n > 0 ? rounded(chosen.utility) : null,
    heldOutUtility: heldOut.n > 0 ? rounded(heldOut.utility) : null,
    lift: enough ? rounded(lift) : null,
    liftLow: enough ? rounded(lift - reach) : null,
    liftHigh: enough ? rounded(lift + reach) : null,
    chosenSuccess: chosen.n > 0 ? rounded(chosen.good) : null,
    heldOutSuccess: heldOut.n > 0 ? rounded(heldOut.good) : null,
    strategies: Strategy.options.map((strategy) => measureStrategy(strategy, choices)),
  };
}

function verdictOf(lift: number, reach: number): LiftVerdict {
  if (lift - reach > 0) return "better";
  return lift + reach < 0 ? "worse" : "not_shown";
}

function worthOf({ good, seconds, costUsd, ...weights }: MeasuredChoice): number {
  return utilityOf({ success: good, seconds, costUsd }, weights);
}

function meanOf(choices: readonly MeasuredChoice[]) {
  const rows = choices.map((one) => ({
    weight: 1 / (one.heldOut ? one.holdOut : 1 - one.holdOut),
    utility: worthOf(one),
    good: one.good,
  }));
  const total = rows.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((sum, row) => sum + row.weight * of(row), 0) / total;
  const utility = mean((row) => row.utility);
  const squares = rows.reduce((sum, row) => sum + (row.weight * (row.utility - utility)) ** 2, 0);
  const n = rows.length;
  const variance = n > 1 ? (squares / (total * total)) * (n / (n - 1)) : 0;
  return { n, utility, good: mean((row) => row.good), variance };
}

function measureStrategy(strategy: Strategy, choices: readonly MeasuredChoice[]): StrategyMeasure {
  const own = choices.filter((one) => one.strategy === strategy);
  const random = own.filter(({ heldOut }) => heldOut);
  const n = random.length;
  const success = n > 0 ? random.reduce((sum, { good }) => sum + good, 0) / n : null;
  const [successLow, successHigh] = wilson(success ?? 0, n, Z95);
  return {
    strategy,
    chosen: own.length - n,
    heldOut: n,
    success: success === null ? null : rounded(success),
    successLow: rounded(successLow),
    successHigh: rounded(successHigh),
    utility: n > 0 ? rounded(random.reduce((sum, one) => sum + worthOf(one), 0) / n) : null,
  };
}

const rounded = (value: number) => Math.round(value * 10_000) / 10_000;
