import type { Option, Ordered } from "../option.ts";
import type { RouteStrategy, RouteTarget } from "../routing-policy.ts";
import { indexTargets, placeOf, targetIndexOf } from "../targets.ts";
import { drawOf, unitOf } from "./draw.ts";
import { CHEAPEST, cheapestFirst } from "./scored.ts";

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
    case "fallback":
      return orderByChain(strategy.targets, options);
    case "weighted":
      return { ...orderByDraws("weighted", key, strategy.targets, options), why: BY_SHARE };
    case "ab":
      return orderByArm(strategy, options, key);
    case "sticky": {
      const drawn = options
        .map((option) => ({ option, score: drawOf(key, option.id, 1) }))
        .toSorted((a, b) => b.score - a.score);
      return { options: drawn, why: "is where this key belongs" };
    }
    case "canary":
      return orderByCanary(strategy, options, key);
  }
}

const BY_SHARE = "drew the call by its share";

function orderByChain(targets: readonly RouteTarget[], options: readonly Option[]): Ordered {
  const listed = inListOrder(targets, options);
  const place = (listed[0]?.place ?? 0) + 1;
  const first = "is the first of the chain";
  const later = `is number ${place} of the chain, the first that can`;
  return { options: byPlace(listed.map(({ option }) => option)), why: place === 1 ? first : later };
}

function orderByArm(
  { arms, experiment }: Extract<SharedStrategy, { type: "ab" }>,
  options: readonly Option[],
  key: string,
): Ordered {
  const { assigned, ...ordered } = orderByDraws(experiment, key, arms, options);
  const arm = `the arm of experiment ${experiment} that the key belongs to`;
  const isThere = ordered.place === assigned;
  return {
    ...ordered,
    why: isThere ? `is ${arm}` : `stands in for ${arms[assigned]?.model}, ${arm}`,
  };
}

function orderByCanary(
  strategy: Extract<SharedStrategy, { type: "canary" }>,
  options: readonly Option[],
  key: string,
): Ordered {
  const { canary, percent, stable } = strategy;
  const chain = inListOrder(stable, options).map(({ option }) => option);
  const drawn = unitOf(`canary ${canary.model} ${canary.region ?? ""}\n${key}`) * 100 < percent;
  const all = targetIndexOf(strategy);
  const newcomers = drawn && all ? options.filter((one) => placeOf(one.candidate, all) === 0) : [];
  const [newcomer] = cheapestFirst(newcomers);
  if (newcomer === undefined) return { options: byPlace(chain), why: "is the stable one" };
  if (newcomer.candidate.health.state === "degraded") {
    return { options: byPlace(chain), why: "is the stable one: the canary is unwell" };
  }
  const rest = chain.filter((option) => option !== newcomer);
  const why = `is the canary, which gets ${percent} % of the calls`;
  return { options: byPlace([newcomer, ...rest]), why };
}

type Weighted = RouteTarget & { readonly weight: number };

/**
 * By what targets draw for a key. All draw, whether they can take the call or not: what a key is assigned to does not depend on it.
 * An option belongs to the target of its that draws the most.
 */
function orderByDraws(
  salt: string,
  key: string,
  targets: readonly Weighted[],
  options: readonly Option[],
) {
  const draws = targets.map(({ model, region, weight }) =>
    drawOf(`${salt}\n${key}`, `${model}@${region ?? "*"}`, weight),
  );
  const order = [...targets.keys()].toSorted((a, b) => (draws[b] ?? 0) - (draws[a] ?? 0));
  const ranks: number[] = [];
  for (const [rank, place] of order.entries()) ranks[place] = rank;
  const listed = inListOrder(targets, options, ranks);
  return {
    assigned: order[0] ?? 0,
    place: listed[0]?.place,
    options: listed.map(({ option, place }) => ({ option, score: draws[place] ?? 0 })),
  };
}

/** Options by the places of their targets, or by the ranks of these; of one target the cheapest first. */
function inListOrder(
  targets: readonly RouteTarget[],
  options: readonly Option[],
  ranks?: readonly number[],
): { readonly option: Option; readonly place: number }[] {
  const index = indexTargets(targets);
  const rankOf = (place: number) => ranks?.[place] ?? place;
  return options
    .map((option) => ({ option, place: placeOf(option.candidate, index, ranks) }))
    .filter(({ place }) => place >= 0)
    .toSorted((a, b) => rankOf(a.place) - rankOf(b.place) || CHEAPEST(a.option, b.option));
}

const byPlace = (options: readonly Option[]) =>
  options.map((option, i) => ({ option, score: 1 - i / options.length }));
