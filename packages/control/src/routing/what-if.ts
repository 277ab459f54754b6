import {
  WhatIfInput,
  type RouteCandidateView,
  type RouteRequestInput,
  type WhatIfResult,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import {
  decisionDigestInput,
  picoOfUsd,
  usdOfPico,
  type Candidate,
  type Decision,
  type PicoUsd,
  type PreparedPolicy,
  type Route,
  type RouteRequest,
  type Score,
} from "@nofx/core/model-router";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { checkDocument } from "./check-policy.ts";
import { prepareRoutingPolicy } from "./compile-condition.ts";
import { readPastedRequest } from "./read-pasted-request.ts";
import type { RoutingView } from "./routing.ts";
import { previewRoute } from "./select-route.ts";

const DRAFT = "draft";

/** What a request would be answered with, and why, by a policy that holds or by one that is not saved yet. Nobody is asked. */
export async function whatIf(
  ctx: MemberContext,
  input: z.input<typeof WhatIfInput>,
): Promise<WhatIfResult> {
  authorise(ctx, "read");
  const { request: pasted, policy, draft } = parseInput(WhatIfInput, input);
  const asked = readPastedRequest(pasted);
  const view = await ctx.plane.routing.view(ctx.tenantId);
  const prepared =
    draft !== undefined
      ? prepareDraft(draft, view, policy)
      : policy === undefined
        ? undefined
        : view.policies.get(policy);
  const unknown = policy !== undefined && prepared === undefined;
  const model = unknown ? `policy:${policy}` : asked.model;
  const request = toRequest({ ...asked, model });
  const decision = previewRoute(view, request, prepared);
  return {
    ok: decision.ok,
    code: decision.ok ? null : decision.code,
    message: decision.ok ? decision.reason : decision.message,
    retryAt:
      decision.ok || decision.retryAt === null ? null : new Date(decision.retryAt).toISOString(),
    policy: { ...decision.facts.policy, draft: draft !== undefined },
    request: { ...asked, model },
    candidates: candidatesOf(decision, view),
    digest: ctx.plane.sha256(decisionDigestInput(decision)),
  };
}

function prepareDraft(draft: unknown, view: RoutingView, name: string = DRAFT): PreparedPolicy {
  const { document, problems } = checkDocument(draft, view.candidates());
  const [first] = problems;
  if (document === undefined || first !== undefined) {
    throw new NofxError(document === undefined ? "invalid_input" : "condition_invalid", {
      detail:
        first === undefined
          ? "The draft is no policy."
          : `${first.path}${first.line === null ? "" : `, line ${first.line}, column ${first.column}`}: ${first.message}.`,
      issues: problems.map(({ path, message }) => ({ path: `/draft${path}`, message })),
    });
  }
  return prepareRoutingPolicy({ ...document, name, version: 1 });
}

function toRequest({ budgetUsd, ...request }: RouteRequestInput): RouteRequest {
  const { residency, qualityFloor, deadlineMs, stickyKey, callKey, expectedOutputTokens } = request;
  const { model, capabilities, inputTokens, maxOutputTokens, facts } = request;
  return {
    model,
    capabilities,
    inputTokens,
    maxOutputTokens,
    facts,
    ...(expectedOutputTokens !== undefined && { expectedOutputTokens }),
    ...(residency !== undefined && { residency }),
    ...(qualityFloor !== undefined && { qualityFloor }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(stickyKey !== undefined && { stickyKey }),
    ...(callKey !== undefined && { callKey }),
    ...(budgetUsd !== undefined && { budget: picoOfUsd(budgetUsd) }),
  };
}

const idOf = ({ provider, model, region }: { provider: string; model: string; region: string }) =>
  `${provider}/${model}@${region}`;

/** All of them: those that can in their order, then the others with what they lack. */
function candidatesOf(decision: Decision, view: RoutingView): RouteCandidateView[] {
  const known = new Map(view.candidates().map((candidate) => [idOf(candidate), candidate]));
  const rejected = decision.rejected.map(({ why, detail, ...where }): RouteCandidateView => ({
    ...blank(where, known.get(idOf(where))),
    place: "rejected",
    why,
    detail,
  }));
  if (!decision.ok) return rejected;
  const routes = new Map(
    [decision.chosen, ...decision.fallbacks].map((route) => [idOf(route), route]),
  );
  const able = decision.scores.map((score): RouteCandidateView => {
    const route = routes.get(idOf(score));
    return {
      ...blank(score, known.get(idOf(score))),
      place: placeOf(score, route),
      rank: score.rank,
      score: score.score,
      parts: score.parts,
      estimatedUsd: usd(route?.estimatedCost),
      highestUsd: usd(route?.highestCost),
    };
  });
  return [...able, ...rejected];
}

const placeOf = ({ rank }: Score, route: Route | undefined) =>
  rank === 0 ? "chosen" : route === undefined ? "behind" : "fallback";
const usd = (pico: PicoUsd | undefined) => (pico === undefined ? null : usdOfPico(pico));

function blank(
  { provider, model, region }: { provider: string; model: string; region: string },
  candidate: Candidate | undefined,
): RouteCandidateView {
  return {
    provider,
    model,
    region,
    place: "rejected",
    rank: null,
    score: null,
    parts: null,
    estimatedUsd: null,
    highestUsd: null,
    health: candidate?.health.state ?? "healthy",
    p50Ms: candidate?.health.p50Ms ?? null,
    why: null,
    detail: null,
  };
}
