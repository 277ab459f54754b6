import type { Candidate } from "./candidate.ts";
import { splitModelId } from "./model-id.ts";
import type { RouteStrategy, RouteTarget } from "./routing-policy.ts";

const ANY_MODEL = "*";

/** Targets by their provider, so that a candidate is compared with few of them. */
export interface TargetIndex {
  readonly size: number;
  readonly byProvider: ReadonlyMap<string, readonly Indexed[]>;
}

interface Indexed {
  readonly place: number;
  readonly model: string;
  readonly region: string | undefined;
}

// a policy is decided by for a long time
const indexes = new WeakMap<readonly RouteTarget[], TargetIndex>();

export function indexTargets(targets: readonly RouteTarget[]): TargetIndex {
  const known = indexes.get(targets);
  if (known !== undefined) return known;
  const all = targets.map((target, place) => {
    const { provider, model } = splitModelId(target.model);
    return { place, provider, model, region: target.region };
  });
  const index = { size: all.length, byProvider: Map.groupBy(all, ({ provider }) => provider) };
  indexes.set(targets, index);
  return index;
}

/** The place of the target that a candidate belongs to: of several the one with the lowest rank, by default the first. -1: none. */
export function placeOf(
  candidate: Candidate,
  index: TargetIndex,
  ranks?: readonly number[],
): number {
  let found = -1;
  for (const { place, model, region } of index.byProvider.get(candidate.provider) ?? []) {
    if (model !== candidate.model && model !== ANY_MODEL) continue;
    if (region !== undefined && region !== candidate.region) continue;
    if (ranks === undefined) return place;
    if (found < 0 || (ranks[place] ?? 0) < (ranks[found] ?? 0)) found = place;
  }
  return found;
}

export const isTargeted = (candidate: Candidate, index: TargetIndex): boolean =>
  placeOf(candidate, index) >= 0;

/** The only candidates that a strategy chooses among; undefined where it is all. */
export function targetsOf(strategy: RouteStrategy): readonly RouteTarget[] | undefined {
  switch (strategy.type) {
    case "cost":
    case "latency":
    case "quality":
    case "balanced":
    case "sticky":
      return strategy.among;
    case "weighted":
    case "fallback":
      return strategy.targets;
    case "ab":
      return strategy.arms;
    case "canary":
      return [strategy.canary, ...strategy.stable];
  }
}

const indexesOfStrategies = new WeakMap<RouteStrategy, TargetIndex>();

/** The targets that a strategy chooses among; undefined where it is all. */
export function targetIndexOf(strategy: RouteStrategy): TargetIndex | undefined {
  const known = indexesOfStrategies.get(strategy);
  if (known !== undefined) return known;
  const targets = targetsOf(strategy);
  if (targets === undefined) return undefined;
  const index = indexTargets(targets);
  indexesOfStrategies.set(strategy, index);
  return index;
}

/**
 * Tells which candidates are the model that a request names: by `provider/model` or the name alone, and only where nothing has that name
 * by an alias.
 */
export function findNamed(
  candidates: readonly Candidate[],
  name: string,
): (candidate: Candidate) => boolean {
  const exactly = (candidate: Candidate) =>
    isNamed(candidate, name, (model) => model === candidate.model);
  if (candidates.some(exactly)) return exactly;
  return (candidate) =>
    isNamed(
      candidate,
      name,
      (model) => candidate.aliases?.some((alias) => isAlias(alias, model)) === true,
    );
}

function isNamed(
  { provider }: Candidate,
  name: string,
  isModel: (model: string) => boolean,
): boolean {
  if (isModel(name)) return true;
  return (
    name.startsWith(provider) &&
    name[provider.length] === "/" &&
    isModel(name.slice(provider.length + 1))
  );
}

const isAlias = (alias: string, name: string) =>
  alias.endsWith("*") ? name.startsWith(alias.slice(0, -1)) : name === alias;

/** The model that a request names; undefined where the policy is to choose. */
export function namedModel(asked: string | undefined): string | undefined {
  if (asked === undefined || asked === "" || asked === "auto" || asked.startsWith("policy:")) {
    return undefined;
  }
  return asked;
}
