import type { Score } from "../decision.ts";
import type { Option } from "../option.ts";

export type Parts = Score["parts"];

/** What the best of the options reach: everything else is measured by it. */
export interface Bests {
  readonly cost: bigint | undefined;
  readonly latencyMs: number | null;
}

export function bestsOf(options: readonly Option[]): Bests {
  let cost: bigint | undefined;
  let latencyMs: number | null = null;
  for (const { estimatedCost, candidate } of options) {
    if (estimatedCost !== undefined && (cost === undefined || estimatedCost < cost)) {
      cost = estimatedCost;
    }
    const { p50Ms } = candidate.health;
    if (p50Ms !== null && (latencyMs === null || p50Ms < latencyMs)) latencyMs = p50Ms;
  }
  return { cost, latencyMs };
}

/** 1 is as good as the best, a half half as good: twice the price, twice the time. */
export function partsOf({ estimatedCost, candidate }: Option, bests: Bests): Parts {
  const { p50Ms, errorRate } = candidate.health;
  return {
    cost: estimatedCost === undefined ? null : ratio(Number(bests.cost), Number(estimatedCost)),
    latency: p50Ms === null ? null : ratio(bests.latencyMs ?? 0, p50Ms),
    quality: candidate.quality,
    reliability: 1 - errorRate,
  };
}

const ratio = (best: number, own: number) => (own === 0 ? 1 : best / own);
