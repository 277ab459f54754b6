import {
  decide,
  decisionDigestInput,
  type Candidate,
  type Decision,
  type NotRouted,
  type PreparedPolicy,
  type RouteRequest,
} from "@nofx/core/model-router";
import type { RoutingDeps } from "./routing-deps.ts";
import type { RoutingView } from "./routing.ts";

/** A decision, with the digest that the ledger keeps of what it was taken on. */
export type SelectedRoute = Decision & { readonly digest: string };

/** More than so many trials at the same instant are not gone for. */
const MOST_TRIALS = 5;

/**
 * Chooses the model for a call by the tenant's policy, prices and health, as this process knows them. A route that is a trial of a
 * provider that was left alone has been claimed: no other process is given it. Never throws for what the request asks.
 */
export async function selectRoute(
  { routing, sha256, routerSelect }: RoutingDeps,
  { tenantId, request }: { readonly tenantId: string; readonly request: RouteRequest },
): Promise<SelectedRoute> {
  const elsewhere = await routerSelect?.select({ tenantId, request });
  if (elsewhere !== undefined) return elsewhere;
  const withDigest = (decision: Decision): SelectedRoute => ({
    ...decision,
    digest: sha256(decisionDigestInput(decision)),
  });
  for (let trials = 0; ; trials += 1) {
    const view = await routing.view(tenantId);
    const policy = view.policies.get(policyNameOf(request.model));
    if (policy === undefined) return withDigest(noPolicy(request, view));
    const candidates = view.candidatesFor(request.model, policy);
    const decision = explained(
      decide(request, policy, trials < MOST_TRIALS ? candidates : tried(candidates), view.now),
      view,
    );
    if (!decision.ok) return withDigest(decision);
    // whoever stands in has not been claimed
    const fallbacks = decision.fallbacks.filter(({ trial }) => !trial);
    const { chosen } = decision;
    const { provider, model, region } = chosen;
    if (!chosen.trial || (await routing.claimTrial(tenantId, { provider, model, region }))) {
      return withDigest({ ...decision, fallbacks });
    }
  }
}

/** `policy:NAME` asks for that one. */
export const policyNameOf = (model: string | undefined): string =>
  model?.startsWith("policy:") === true ? model.slice("policy:".length) : "default";

const tried = (candidates: readonly Candidate[]) =>
  candidates.filter(({ health }) => health.state !== "half_open");

/** A model that is known but has no key is not unknown: whoever asks is told what to do. */
export function explained(decision: Decision, { lockedBy }: RoutingView): Decision {
  if (decision.ok || decision.code !== "model_unknown") return decision;
  const { model = "auto" } = decision.facts.request;
  const locked = lockedBy(model);
  if (locked === undefined) return decision;
  return {
    ...decision,
    code: "no_candidate",
    message: `${model} is known, but there is no key "${locked.keyName}" of ${locked.provider} in this tenant. An admin puts one there: the page Keys, or npx nofx keys put ${locked.provider}.`,
  };
}

export function noPolicy(request: RouteRequest, view: RoutingView): NotRouted {
  const name = policyNameOf(request.model);
  const known = [...view.policies.keys()].map((one) => `policy:${one}`).join(", ");
  return {
    ok: false,
    code: "model_unknown",
    message: `There is no policy "${name}". There are ${known}; an admin makes others on the page Policies, or with npx nofx policies save.`,
    rejected: [],
    retryAt: null,
    facts: {
      policy: { name, version: 0, engine: "v2", rule: null },
      request,
      at: view.now,
      candidates: [],
    },
  };
}

/** A decision without its consequences: nothing is claimed and nobody is asked. */
export function previewRoute(
  view: RoutingView,
  request: RouteRequest,
  draft?: PreparedPolicy,
): Decision {
  const policy = draft ?? view.policies.get(policyNameOf(request.model));
  if (policy === undefined) return noPolicy(request, view);
  const candidates = view.candidatesFor(request.model, policy);
  return explained(decide(request, policy, candidates, view.now), view);
}
