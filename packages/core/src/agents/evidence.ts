import { z } from "zod";
import { wilson } from "../estimates/index.ts";

/** Of each capability of an agent so many attempts are kept one by one. */
export const RECENT = 50;
/** What was declared counts like so many attempts that came out that way. */
export const PRIOR_WEIGHT = 4;
/** The two-sided 95 % of a normal distribution. */
const Z = 1.96;

/** One attempt, as it is kept: whether it succeeded, how long it took, what it cost, of which step, when, failed with what. */
export const Sample = z.tuple([
  z.boolean(),
  z.number(),
  z.number().nullable(),
  z.string(),
  z.number(),
  z.string().nullable(),
]);
export type Sample = z.infer<typeof Sample>;

/** What an author says of a capability; undefined or null where they say nothing. */
export interface Declared {
  readonly successRate?: number | null | undefined;
  readonly latencyMs?: number | null | undefined;
  readonly costPico?: number | null | undefined;
}

export interface Believed {
  readonly successRate: number | null;
  readonly latencyMs: number | null;
  readonly costPico: number | null;
}

/** What was measured in the attempts that are kept, with the interval that the rate lies in. */
export interface Measured extends Believed {
  readonly successRate: number;
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

export function keepSample(recent: readonly Sample[], sample: Sample): Sample[] {
  return [...recent, sample].slice(-RECENT);
}

/** Null where nothing was measured: then only what was declared is known. */
export function measure(recent: readonly Sample[]): Measured | null {
  if (recent.length === 0) return null;
  const well = recent.filter(([succeeded]) => succeeded);
  const [low, high] = wilson(well.length / recent.length, recent.length, Z);
  return {
    successRate: well.length / recent.length,
    low,
    high,
    samples: recent.length,
    latencyMs: mean(well.map(([, ms]) => ms)),
    costPico: mean(costs(recent)),
  };
}

/** What is to be believed: what was declared, corrected by what was measured, more so the more there is. */
export function believe(declared: Declared, recent: readonly Sample[]): Believed {
  const well = recent.filter(([succeeded]) => succeeded);
  return {
    successRate: corrected(
      declared.successRate,
      recent.map(([succeeded]) => Number(succeeded)),
    ),
    latencyMs: corrected(
      declared.latencyMs,
      well.map(([, ms]) => ms),
    ),
    costPico: corrected(declared.costPico, costs(recent)),
  };
}

function corrected(declared: number | null | undefined, values: readonly number[]): number | null {
  if (declared === null || declared === undefined) return mean(values);
  const sum = values.reduce((all, value) => all + value, 0);
  return (declared * PRIOR_WEIGHT + sum) / (PRIOR_WEIGHT + values.length);
}

function costs(recent: readonly Sample[]): number[] {
  return recent.flatMap(([, , cost]) => (cost === null ? [] : [cost]));
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((all, value) => all + value, 0) / values.length;
}
