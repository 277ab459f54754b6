import type { Option, Ordered } from "../option.ts";
import type { RouteStrategy, RouteTarget } from "../routing-policy.ts";
import { isTarget } from "../targets.ts";
import { drawOf, unitOf } from "./draw.ts";
import { cheapestFirst } from "./scored.ts";

/** Strategies that go by lists and draws: health decides only who can take a call at all. */
export type SharedStrategy = Extract<
  RouteStrategy,
  { type: "weighted" | "fallback" | "sticky" | "ab" | "canary" }
>;

export function orderByShares(
  strategy: SharedStrategy,
  options: readonly Option[],
  key: string,
): Ordered {
  switch (strategy.type) {
    case "fallback": {
      const order = inListOrder(strategy.targets, options);
      const first = order[0];
      const place = strategy.targets.findIndex((target) => first && isTarget(first, target)) + 1;
      return {
        options: byPlace(order),
        why:
          place === 1
            ? "is the first of the chain"
            : `is number ${place} of the chain, the first that can`,
      };
    }
    case "weighted": {
      const drawn = drawTargets("weighted", key, strategy.targets);
      const order = inListOrder(drawn, options);
      return { options: withDraws(order, drawn), why: "drew the call by its share" };
    }
    case "ab": {
      const drawn = drawTargets(strategy.experiment, key, strategy.arms);
      const order = inListOrder(drawn, options);
      const [arm] = drawn;
      const [first] = order;
      const kept = arm !== undefined && first !== undefined && isTarget(first, arm);
      return {
        options: withDraws(order, drawn),
        why: kept
          ? `is the arm of experiment ${strategy.experiment} that the key belongs to`
          : `stands in for ${arm?.model}, the arm of experiment ${strategy.experiment} that the key belongs to`,
      };
    }
    case "sticky": {
      const drawn = options
        .map((option) => ({ option, score: drawOf(key, option.id, 1) }))
        .toSorted((a, b) => b.score - a.score);
      return { options: drawn, why: "is where this key belongs" };
    }
    case "canary": {
      const { canary, percent, stable } = strategy;
      const chain = inListOrder(stable, options);
      const place = unitOf(`canary ${canary.model} ${canary.region ?? ""}\n${key}`) * 100;
      const newcomer = cheapestFirst(options.filter((option) => isTarget(option, canary)))[0];
      if (place >= percent || newcomer === undefined) {
        return { options: byPlace(chain), why: "is the stable one" };
      }
      if (newcomer.candidate.health.state === "degraded") {
        return { options: byPlace(chain), why: "is the stable one: the canary is unwell" };
      }
      const rest = chain.filter((option) => option !== newcomer);
      return {
        options: byPlace([newcomer, ...rest]),
        why: `is the canary, which gets ${percent} % of the calls`,
      };
    }
  }
}

type Weighted = RouteTarget & { readonly weight: number };
type Drawn = Weighted & { readonly draw: number };

/** Targets by what they draw for a key, whether they can take the call or not: what one is assigned does not depend on it. */
function drawTargets(salt: string, key: string, targets: readonly Weighted[]): Drawn[] {
  return targets
    .map((target) => {
      const name = `${target.model}@${target.region ?? "*"}`;
      return { ...target, draw: drawOf(`${salt}\n${key}`, name, target.weight) };
    })
    .toSorted((a, b) => b.draw - a.draw);
}

/** Each option once, at the first target that it belongs to; of one target the cheapest first. */
export function inListOrder(targets: readonly RouteTarget[], options: readonly Option[]): Option[] {
  const placed = new Set<Option>();
  for (const target of targets) {
    const found = options.filter((option) => !placed.has(option) && isTarget(option, target));
    for (const option of found.length > 1 ? cheapestFirst(found) : found) placed.add(option);
  }
  return [...placed];
}

const byPlace = (options: readonly Option[]) =>
  options.map((option, i) => ({ option, score: 1 - i / options.length }));

const withDraws = (options: readonly Option[], drawn: readonly Drawn[]) =>
  options.map((option) => ({
    option,
    score: drawn.find((target) => isTarget(option, target))?.draw ?? 0,
  }));
