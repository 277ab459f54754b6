import type { PicoUsd } from "../money.ts";
import { unitOf } from "../policies/draw.ts";

/** How a model does, as far as it is known. */
export interface Behaviour {
  readonly errorRate: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly quality: number | null;
}

/** A route as a replay takes it. */
export interface Attempt {
  /** `provider/model@region`. */
  readonly id: string;
  /** Undefined where nobody knows. */
  readonly cost: PicoUsd | undefined;
  readonly behaviour: Behaviour;
}

export interface AttemptOutcome {
  readonly id: string;
  readonly ok: boolean;
  readonly latencyMs: number;
}

/** What became of one call of a replay. */
export interface ReplayedCall {
  /** Who answered; null: nobody. */
  readonly by: string | null;
  /** There was no route at all. */
  readonly refused: boolean;
  readonly attempts: readonly AttemptOutcome[];
  /** Until the answer, all attempts together. */
  readonly latencyMs: number;
  readonly cost: PicoUsd;
  readonly unpriced: boolean;
  readonly quality: number | null;
}

/**
 * Plays one call through its routes until one answers. What a model does with a call depends on seed, call and model alone: whoever sends
 * the call there meets the same, so that two ways of routing differ by their choices and not by luck.
 */
export function answerCall(seed: string, call: number, routes: readonly Attempt[]): ReplayedCall {
  const attempts: AttemptOutcome[] = [];
  let latencyMs = 0;
  for (const { id, cost, behaviour } of routes) {
    const key = `${seed} ${call} ${id}`;
    const took = latencyOf(key, behaviour);
    const ok = unitOf(`${key} fails`) >= behaviour.errorRate;
    attempts.push({ id, ok, latencyMs: took });
    latencyMs += took;
    if (!ok) continue;
    const { quality } = behaviour;
    const billed = { cost: cost ?? 0n, unpriced: cost === undefined };
    return { by: id, refused: false, attempts, latencyMs, quality, ...billed };
  }
  const nothing = { cost: 0n, unpriced: false, quality: null };
  return { by: null, refused: routes.length === 0, attempts, latencyMs, ...nothing };
}

/** The 95th percentile of a standard normal distribution. */
const Z95 = 1.645;

/** Latencies are about lognormal: twice as long is as likely as half as long. */
function latencyOf(key: string, { p50Ms, p95Ms }: Behaviour): number {
  const spread = Math.log(Math.max(p95Ms, p50Ms, 1) / Math.max(p50Ms, 1)) / Z95;
  const radius = Math.sqrt(-2 * Math.log(unitOf(`${key} far`)));
  const normal = radius * Math.cos(2 * Math.PI * unitOf(`${key} turn`));
  return Math.round(p50Ms * Math.exp(spread * normal));
}
