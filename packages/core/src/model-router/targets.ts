import type { Candidate } from "./candidate.ts";
import type { RouteStrategy, RouteTarget } from "./routing-policy.ts";

const ANY_MODEL = "/*";

export function isTargeted({ provider, model, region }: Candidate, target: RouteTarget): boolean {
  if (target.region !== undefined && target.region !== region) return false;
  const name = target.model;
  if (!name.startsWith(provider) || name[provider.length] !== "/") return false;
  if (name.length === provider.length + 1 + model.length && name.endsWith(model)) return true;
  return name.endsWith(ANY_MODEL) && name.length === provider.length + ANY_MODEL.length;
}

export const isTarget = ({ candidate }: { candidate: Candidate }, target: RouteTarget): boolean =>
  isTargeted(candidate, target);

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
