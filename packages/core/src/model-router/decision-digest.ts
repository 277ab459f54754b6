import { canonicalJson } from "../canonical/index.ts";
import type { Decision, DecisionFacts } from "./decision.ts";
import { usdOfPico } from "./money.ts";

/**
 * What was decided and on what, as a text whose sha256 names the decision: request, policy, prices and health as they were, and who was
 * chosen. The order of candidates, capabilities and regions does not matter.
 */
export function decisionDigestInput(decision: Decision): string {
  const { policy, request, at, candidates } = decision.facts;
  const { budget, capabilities, residency, ...rest } = request;
  return canonicalJson({
    version: 1,
    policy,
    at,
    request: {
      ...rest,
      capabilities: capabilities.toSorted(),
      residency: residency?.toSorted(),
      budgetUsd: budget === undefined ? undefined : usdOfPico(budget),
    },
    candidates: candidates.map(rowOf).sort(),
    decided: decision.ok
      ? { chosen: nameOf(decision.chosen), fallbacks: decision.fallbacks.map(nameOf) }
      : { code: decision.code },
  });
}

/** A list of scalars: no keys to be sorted, which takes a third of the time. */
function rowOf({
  provider,
  model,
  region,
  priceDigest,
  health,
}: DecisionFacts["candidates"][number]): string {
  const { state, errorRate, p50Ms, p95Ms, rateLimitedUntil, samples } = health;
  const measured = [state, errorRate, p50Ms, p95Ms, rateLimitedUntil, samples];
  return JSON.stringify([provider, model, region, priceDigest, ...measured]);
}

const nameOf = ({
  provider,
  model,
  region,
}: {
  provider: string;
  model: string;
  region: string;
}) => ({ provider, model, region });
