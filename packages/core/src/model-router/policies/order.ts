import type { Option, Ordered } from "../option.ts";
import type { RouteRequest } from "../route-request.ts";
import type { RouteStrategy, RoutingEngine } from "../routing-policy.ts";
import { placeOf, targetIndexOf } from "../targets.ts";
import { cheapestFirst, orderByScores } from "./scored.ts";
import { orderByShares } from "./shared.ts";

/** Puts options into the order in which they are to be asked. */
export function order(
  engine: RoutingEngine,
  strategy: RouteStrategy,
  options: readonly Option[],
  request: RouteRequest,
): Ordered {
  if (engine === "v1") return orderAsListed(strategy, options);
  const key = request.stickyKey ?? request.callKey;
  switch (strategy.type) {
    case "cost":
    case "latency":
    case "quality":
    case "balanced":
      return otherProvidersNext(orderByScores(strategy, options, request.callKey ?? key));
    case "sticky":
      return otherProvidersNext(orderByShares(strategy, options, key ?? ""));
    // shares are of calls: only an experiment and a canary keep a caller
    case "weighted":
      return orderByShares(strategy, options, request.callKey ?? key ?? "");
    case "fallback":
    case "ab":
    case "canary":
      return orderByShares(strategy, options, key ?? "");
  }
}

/** What callers who name a model get of it: by the rule's own comparison, where it has one, of all providers and regions. */
export function orderNamed(
  engine: RoutingEngine,
  strategy: RouteStrategy,
  options: readonly Option[],
  request: RouteRequest,
): Ordered {
  const named = "is what the request names";
  if (engine === "v1") return { options: byPlace(options), why: named };
  switch (strategy.type) {
    case "cost":
    case "latency":
    case "quality":
    case "balanced":
    case "sticky": {
      const ordered = order(engine, strategy, options, request);
      return { ...ordered, why: options.length === 1 ? named : `${named}, and ${ordered.why}` };
    }
    case "weighted":
    case "fallback":
    case "ab":
    case "canary":
      return { options: byPlace(cheapestFirst(options)), why: named };
  }
}

/** v1: the first that can, in the order of the rule, else in the order of the catalogue. */
function orderAsListed(strategy: RouteStrategy, options: readonly Option[]): Ordered {
  const targets = targetIndexOf(strategy);
  if (targets === undefined) return { options: byPlace(options), why: "is the first that can" };
  const place = ({ candidate }: Option) => {
    const found = placeOf(candidate, targets);
    // the newcomer of a canary behind those that are stable
    return strategy.type === "canary" && found === 0 ? targets.size : found;
  };
  const listed = options
    .map((option) => ({ option, place: place(option) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ option }) => option);
  return { options: byPlace(listed), why: "is the first of the list that can" };
}

const byPlace = (options: readonly Option[]) =>
  options.map((option, i) => ({ option, score: 1 - i / options.length }));

/** When one model of a provider fails, the others of it often do too: those of other providers stand in first. */
function otherProvidersNext(ordered: Ordered): Ordered {
  const [first, ...rest] = ordered.options;
  if (first === undefined) return ordered;
  const { provider } = first.option.candidate;
  const others = rest.filter(({ option }) => option.candidate.provider !== provider);
  if (others.length === 0 || others.length === rest.length) return ordered;
  const same = rest.filter(({ option }) => option.candidate.provider === provider);
  return { ...ordered, options: [first, ...others, ...same] };
}
