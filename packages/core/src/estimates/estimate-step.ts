import type { StepKind } from "../vocabulary/index.ts";
import { NO_SAMPLES, predict, type Samples } from "./predict.ts";
import { PRIORS, type Prior } from "./priors.ts";
import { exactly, rounded, scaled, type Range } from "./range.ts";

/** What a step is expected to take, and from how many measurements that is known. */
export interface Estimate {
  readonly durationMs: Range;
  readonly tokens: Range;
  readonly costUsd: Range;
  readonly basis: "telemetry" | "prior";
  /** Steps measured: of the same work, and of this very step. */
  readonly samples: number;
}

/** What was measured of steps that succeeded. */
export interface Measured {
  readonly durationMs: Samples;
  readonly tokens: Samples;
  readonly costUsd: Samples;
}

export const NOTHING_MEASURED: Measured = {
  durationMs: NO_SAMPLES,
  tokens: NO_SAMPLES,
  costUsd: NO_SAMPLES,
};

export interface EstimatedStep {
  readonly kind: StepKind;
  readonly with: Record<string, unknown>;
  /** The backlog item's own guess of its duration, the part of it that is this step's. */
  readonly guessMs?: number | undefined;
}

/** People are wrong by a factor of two either way, one time in ten each. */
const GUESS_SPREAD = 2;

/**
 * From the general to the particular: the prior of the kind moved by what the same work took (`sameWork`), moved again by what this
 * very step took in earlier runs (`sameStep`). Where the item has a guess of its own, its duration starts from that instead: who
 * wrote the item knows more of it than what others took.
 */
export function estimateStep(
  step: EstimatedStep,
  sameWork: Measured = NOTHING_MEASURED,
  sameStep: Measured = NOTHING_MEASURED,
): Estimate {
  const sure = certainDuration(step);
  const prior = priorOf(step);
  const alike = step.guessMs === undefined ? sameWork : { ...sameWork, durationMs: NO_SAMPLES };
  const of = (what: keyof Measured) =>
    atMost(prior[what], predict(sameStep[what], predict(alike[what], prior[what])));
  const samples = alike.durationMs.count + sameStep.durationMs.count;
  if (sure !== undefined) {
    return {
      durationMs: exactly(sure),
      tokens: exactly(0),
      costUsd: exactly(0),
      basis: "prior",
      samples: 0,
    };
  }
  return {
    durationMs: rounded(inTime(step, of("durationMs"))),
    tokens: rounded(of("tokens")),
    costUsd: inMicros(of("costUsd")),
    basis: samples > 0 ? "telemetry" : "prior",
    samples,
  };
}

/** Costs are told in millionths of a US dollar. */
function inMicros({ p10, p50, p90 }: Range): Range {
  const micros = (usd: number) => Math.round(usd * 1_000_000) / 1_000_000;
  return { p10: micros(p10), p50: micros(p50), p90: micros(p90) };
}

/** A wait for so many seconds takes that long. */
function certainDuration({ kind, with: args }: EstimatedStep): number | undefined {
  return kind === "wait" && typeof args["seconds"] === "number"
    ? args["seconds"] * 1_000
    : undefined;
}

function priorOf({ kind, guessMs }: EstimatedStep): Prior {
  const prior = PRIORS[kind];
  if (guessMs === undefined || guessMs <= 0) return prior;
  const durationMs = { p10: guessMs / GUESS_SPREAD, p50: guessMs, p90: guessMs * GUESS_SPREAD };
  const longer = guessMs / prior.durationMs.p50;
  return {
    durationMs,
    tokens: scaled(prior.tokens, longer),
    costUsd: scaled(prior.costUsd, longer),
  };
}

/** What costs nothing by its kind is not made to. */
function atMost(prior: Range, range: Range): Range {
  return prior.p90 === 0 ? prior : range;
}

/** An attempt is stopped at its timeout. */
function inTime({ with: args }: EstimatedStep, { p10, p50, p90 }: Range): Range {
  const seconds = args["timeoutSeconds"];
  const most = typeof seconds === "number" ? seconds * 1_000 : Infinity;
  return { p10: Math.min(p10, most), p50: Math.min(p50, most), p90: Math.min(p90, most) };
}
