import { Strategy } from "../vocabulary/index.ts";
import { z } from "zod";

/** Sums over outcomes, weighted by their age. */
export const Sums = z.object({
  /** Outcomes. */
  n: z.number(),
  /** Successes, or how good they were. */
  good: z.number(),
  /** Of ln(seconds) and ln(US dollars), and of their squares. */
  time: z.number(),
  time2: z.number(),
  cost: z.number(),
  cost2: z.number(),
});
export type Sums = z.infer<typeof Sums>;

export const NO_SUMS: Sums = { n: 0, good: 0, time: 0, time2: 0, cost: 0, cost2: 0 };

/** One of the newest outcomes, kept by itself so that a change can be seen in them. */
export const Recent = z.object({
  /** The level's count and the time, in seconds, when it was noted. */
  turn: z.number(),
  at: z.number(),
  good: z.number(),
  time: z.number(),
  cost: z.number(),
});
export type Recent = z.infer<typeof Recent>;

/** What is known of one strategy: the newest outcomes, and the sums of all before. Of constant size. */
export const Arm = z.object({
  sums: Sums,
  /** As of which turn and time the sums are weighted. */
  turn: z.number(),
  at: z.number(),
  recent: z.array(Recent),
  changedAt: z.number().nullable(),
});
export type Arm = z.infer<typeof Arm>;

/** All strategies at one level: a segment, a capability, a tenant. */
export const Level = z.object({
  /** Outcomes ever noted. */
  turns: z.number(),
  arms: z.partialRecord(Strategy, Arm),
});
export type Level = z.infer<typeof Level>;

export const NO_LEVEL: Level = { turns: 0, arms: {} };

/** Of so many of the newest outcomes of a strategy each is kept. */
export const RECENT = 40;
/** An outcome counts half after so many others of its level, and after so many seconds. */
const HALF_TURNS = 500;
const HALF_SECONDS = 30 * 86_400;

export function weightOf(turns: number, seconds: number): number {
  return 2 ** -(Math.max(0, turns) / HALF_TURNS + Math.max(0, seconds) / HALF_SECONDS);
}

export function addTo(sums: Sums, { good, time, cost }: Recent, weight: number): Sums {
  return {
    n: sums.n + weight,
    good: sums.good + weight * good,
    time: sums.time + weight * time,
    time2: sums.time2 + weight * time * time,
    cost: sums.cost + weight * cost,
    cost2: sums.cost2 + weight * cost * cost,
  };
}

export function weighted(sums: Sums, by: number): Sums {
  return {
    n: sums.n * by,
    good: sums.good * by,
    time: sums.time * by,
    time2: sums.time2 * by,
    cost: sums.cost * by,
    cost2: sums.cost2 * by,
  };
}

/** All that is known of a strategy, as much as it counts at this turn and time. */
export function sumsAt(arm: Arm, turn: number, at: number): Sums {
  const sums = weighted(arm.sums, weightOf(turn - arm.turn, at - arm.at));
  let { n, good, time, time2, cost, cost2 } = sums;
  for (const one of arm.recent) {
    const weight = weightOf(turn - one.turn, at - one.at);
    n += weight;
    good += weight * one.good;
    time += weight * one.time;
    time2 += weight * one.time * one.time;
    cost += weight * one.cost;
    cost2 += weight * one.cost * one.cost;
  }
  return { n, good, time, time2, cost, cost2 };
}
