import type { Score } from "../decision.ts";
import type { Option } from "../option.ts";

export type Parts = Score["parts"];

/** What everything else is measured by. */
export interface Bests {
  readonly cost: number;
  readonly latencyMs: number;
}

/** Prices below a thousandth of the mean are as good as nothing: one free model must not make all others look the same. */
const NEXT_TO_NOTHING = 1_000;

export function bestsOf(options: readonly { readonly option: Option }[]): Bests {
  let cheapest = Infinity;
  let sum = 0;
  let priced = 0;
  let latencyMs = Infinity;
  for (const { option } of options) {
    const { estimatedCost, candidate } = option;
    if (estimatedCost !== undefined) {
      const cost = Number(estimatedCost);
      if (cost < cheapest) cheapest = cost;
      sum += cost;
      priced++;
    }
    const { p50Ms } = candidate.health;
    if (p50Ms !== null && p50Ms < latencyMs) latencyMs = p50Ms;
  }
  return { cost: Math.max(cheapest, sum / Math.max(priced, 1) / NEXT_TO_NOTHING), latencyMs };
}

export function partsOf({ estimatedCost, candidate }: Option, bests: Bests): Parts {
  const { p50Ms, errorRate } = candidate.health;
  return {
    cost: estimatedCost === undefined ? null : nearness(Number(estimatedCost), bests.cost),
    latency: p50Ms === null ? null : nearness(p50Ms, bests.latencyMs),
    quality: candidate.quality,
    reliability: 1 - errorRate,
  };
}

/** 1 is as good as the best; twice its price or time is a half, four times a third, eight times a fourth. */
const nearness = (own: number, best: number) => (own <= best ? 1 : 1 / (1 + Math.log2(own / best)));
