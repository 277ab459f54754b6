import type { Candidate } from "./candidate.ts";
import type { Decision, DecisionFacts, Rejected, Route, Score } from "./decision.ts";
import type { Option, Ordered } from "./option.ts";
import { pickRule } from "./pick-rule.ts";
import { order, orderNamed } from "./policies/order.ts";
import { bestsOf, partsOf } from "./policies/parts.ts";
import { refuse } from "./refuse.ts";
import { consider, type Requirements } from "./requirements.ts";
import type { RouteRequest } from "./route-request.ts";
import type { PreparedPolicy, RoutingRule } from "./routing-policy.ts";
import { findNamed, indexTargets, namedModel, targetIndexOf } from "./targets.ts";

/** Chooses a candidate for a request, with reasons. Pure: the same input, the same decision. */
export function decide(
  request: RouteRequest,
  policy: PreparedPolicy,
  candidates: readonly Candidate[],
  now: number,
): Decision {
  const picked = pickRule(request, policy);
  const facts = factsOf(request, policy, picked?.place ?? null, candidates, now);
  if (picked === undefined) {
    return { ok: false, code: "no_rule", message: NO_RULE, rejected: [], retryAt: null, facts };
  }
  const { rule, place } = picked;
  const requirements = requirementsOf(request, policy, rule, candidates, now);
  const options: Option[] = [];
  const rejected: Rejected[] = [];
  for (const candidate of candidates) {
    const considered = consider(candidate, requirements);
    if (considered.why === undefined) options.push(considered.option);
    else {
      const { provider, model, region } = candidate;
      rejected.push({ provider, model, region, why: considered.why, detail: considered.detail });
    }
  }
  const ordered = orderOf(policy, rule, requirements, options);
  const [first, ...rest] = ordered.options;
  if (first === undefined) {
    return { ok: false, ...refuse(request, candidates, rejected), rejected, facts };
  }
  return {
    ok: true,
    chosen: routeOf(first.option),
    fallbacks: rest.slice(0, policy.maxFallbacks).map(({ option }) => routeOf(option)),
    reason: `${first.option.id} ${ordered.why} (rule ${place + 1} of ${policy.name} v${policy.version}, ${rule.strategy.type}, ${policy.engine}).`,
    scores: scoresOf(ordered),
    rejected,
    facts,
  };
}

const NO_RULE =
  "No rule of the policy holds for this request. Add one without a condition at its end.";

function requirementsOf(
  request: RouteRequest,
  policy: PreparedPolicy,
  { strategy, allow }: RoutingRule,
  candidates: readonly Candidate[],
  now: number,
): Requirements {
  const name = namedModel(request.model);
  const isNamed = name === undefined ? undefined : findNamed(candidates, name);
  // what nobody has heard of is refused, not replaced
  const isThere = isNamed !== undefined && candidates.some(isNamed);
  return {
    request,
    now,
    isNamed,
    allow: allow === undefined ? undefined : indexTargets(allow),
    among: targetIndexOf(strategy),
    named: isThere ? policy.named : "only",
    needsPrice:
      request.budget !== undefined || policy.unpriced === "refuse" || strategy.type === "cost",
  };
}

/** The model that the request names first, where it names one and the policy adds others. */
function orderOf(
  { engine }: PreparedPolicy,
  { strategy }: RoutingRule,
  { request, isNamed, named }: Requirements,
  options: readonly Option[],
): Ordered {
  if (isNamed === undefined) return order(engine, strategy, options, request);
  if (named === "only") return orderNamed(engine, strategy, options, request);
  const asked = options.filter(({ candidate }) => isNamed(candidate));
  const others = options.filter(({ candidate }) => !isNamed(candidate));
  if (asked.length === 0) return order(engine, strategy, others, request);
  const before = orderNamed(engine, strategy, asked, request);
  const behind = order(engine, strategy, others, request);
  return { ...before, options: [...before.options, ...behind.options] };
}

function routeOf({ candidate, price, estimatedCost, highestCost }: Option): Route {
  const { provider, model, region, kind, baseUrl, headers, keyName, prices, health } = candidate;
  const trial = health.state === "half_open";
  const where = { provider, model, region, kind, baseUrl, headers, keyName };
  return { ...where, price, prices, estimatedCost, highestCost, trial };
}

function scoresOf({ options }: Ordered): Score[] {
  const bests = bestsOf(options);
  return options.map(({ option, score, parts = partsOf(option, bests) }, rank) => {
    const { provider, model, region, health } = option.candidate;
    return { provider, model, region, rank, score, parts, health: health.state };
  });
}

function factsOf(
  request: RouteRequest,
  { name, version, engine }: PreparedPolicy,
  rule: number | null,
  candidates: readonly Candidate[],
  at: number,
): DecisionFacts {
  return { policy: { name, version, engine, rule }, request, at, candidates };
}
