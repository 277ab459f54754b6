import type { Option, Ordered, Placed } from "../option.ts";
import type { RouteStrategy } from "../routing-policy.ts";
import {
  byCost,
  byErrors,
  byHealth,
  byLatency,
  byName,
  byQuality,
  inTurn,
  latencyOf,
  type Compare,
} from "./compare.ts";
import { unitOf } from "./draw.ts";
import { bestsOf, partsOf, type Parts } from "./parts.ts";
import { usdOfPico } from "../money.ts";

/** Strategies that compare all options with each other. */
export type ScoredStrategy = Extract<
  RouteStrategy,
  { type: "cost" | "latency" | "quality" | "balanced" }
>;

export const CHEAPEST = inTurn(byHealth, byCost, byErrors, byLatency("p50"), byName);
const BEST = inTurn(byHealth, byQuality, byCost, byErrors, byName);

export const cheapestFirst = (options: readonly Option[]) => options.toSorted(CHEAPEST);

export function orderByScores(
  strategy: ScoredStrategy,
  options: readonly Option[],
  key: string | undefined,
): Ordered {
  const bests = bestsOf(options.map((option) => ({ option })));
  const sorted = (compare: Compare, score: (parts: Parts) => number) =>
    options.toSorted(compare).map((option): Placed => {
      const parts = partsOf(option, bests);
      return { option, score: score(parts), parts };
    });
  const of = options.length === 1 ? "as the only one that can" : `of ${options.length} that can`;
  switch (strategy.type) {
    case "cost": {
      const order = sorted(CHEAPEST, ({ cost }) => cost ?? 0);
      const cost = order[0]?.option.estimatedCost;
      const told = cost === undefined ? "has no known price" : `costs ${usdOfPico(cost)} USD`;
      return { options: order, why: `${told}, the least ${of}` };
    }
    case "latency": {
      const { percentile, explorePercent } = strategy;
      const compare = inTurn(byHealth, byLatency(percentile), byCost, byErrors, byName);
      const order = sorted(compare, ({ latency }) => latency ?? 0);
      const unmeasured = order.find(({ option }) => latencyOf(option, percentile) === null);
      if (unmeasured !== undefined && unmeasured !== order[0] && isDrawn(key, explorePercent)) {
        const rest = order.filter((one) => one !== unmeasured);
        return { options: [unmeasured, ...rest], why: "has not been measured within the hour" };
      }
      const first = order[0]?.option;
      const ms = first === undefined ? null : latencyOf(first, percentile);
      const told = ms === null ? "nobody has measured" : `answers in ${ms} ms (${percentile})`;
      return { options: order, why: `${told}, the quickest ${of}` };
    }
    case "quality": {
      const order = sorted(BEST, ({ quality: known }) => known ?? 0);
      const quality = order[0]?.option.candidate.quality ?? null;
      const told = quality === null ? "nobody has judged" : `has quality ${quality}`;
      return { options: order, why: `${told}, the best ${of}` };
    }
    case "balanced": {
      const order = options
        .map((option) => {
          const parts = partsOf(option, bests);
          return { option, score: blend(strategy.weights, parts), parts };
        })
        .toSorted(
          (a, b) =>
            byHealth(a.option, b.option) ||
            b.score - a.score ||
            byCost(a.option, b.option) ||
            byName(a.option, b.option),
        );
      return { options: order, why: `scores ${(order[0]?.score ?? 0).toFixed(3)}, the most ${of}` };
    }
  }
}

/** A latency or quality that nobody knows counts half, a price that nobody knows nothing. Errors take their share of all. */
function blend(weights: { cost: number; latency: number; quality: number }, parts: Parts): number {
  const { cost, latency, quality } = weights;
  const sum =
    cost * (parts.cost ?? 0) + latency * (parts.latency ?? 0.5) + quality * (parts.quality ?? 0.5);
  return (sum / (cost + latency + quality)) * parts.reliability;
}

const isDrawn = (key: string | undefined, percent: number) =>
  key !== undefined && unitOf(`explore\n${key}`) * 100 < percent;
