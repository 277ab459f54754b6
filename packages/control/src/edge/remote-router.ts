import { routeOfView, RouterSelectAnswer } from "@nofx/core/api";
import { usdOfPico, type RouteErrorCode, type RouteRequest } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import { policyNameOf, type SelectedRoute } from "../routing/select-route.ts";
import type { RemoteRouter } from "../routing/routing-deps.ts";
import { askEdge, type EdgeAddress } from "./ask-edge.ts";

/** Decisions from behind ROUTER_SELECT_URL. */
export function createRemoteRouter(clock: Clock, where: EdgeAddress): RemoteRouter {
  const ask = askEdge(clock, where);
  return {
    async select({ tenantId, request }) {
      const { budget, ...rest } = request;
      const money = budget === undefined ? {} : { budgetUsd: usdOfPico(budget) };
      const answer = await ask({ request: { ...rest, ...money } }, { "nofx-tenant": tenantId });
      if (answer?.ok !== true) return undefined;
      const told = RouterSelectAnswer.safeParse(answer.body);
      return told.success ? readSelection(told.data, request, clock) : undefined;
    },
  };
}

/** As if it had been decided here, but for what is not sent: why others were rejected, and how each did. */
function readSelection(
  answer: RouterSelectAnswer,
  request: RouteRequest,
  clock: Clock,
): SelectedRoute {
  const facts = {
    policy: { name: policyNameOf(request.model), version: 0, engine: "v2" as const, rule: null },
    request,
    at: clock.date().getTime(),
    candidates: [],
  };
  const common = { facts, rejected: [], digest: answer.digest ?? "" };
  if (!answer.ok) {
    const { code, message, retryAt } = answer;
    return { ok: false, code: code as RouteErrorCode, message, retryAt, ...common };
  }
  return {
    ok: true,
    chosen: routeOfView(answer.chosen),
    fallbacks: answer.fallbacks.map(routeOfView),
    reason: answer.reason,
    scores: answer.scores.map((score) => ({ ...score, parts: UNTOLD, health: "healthy" })),
    ...common,
  };
}

const UNTOLD = { cost: null, latency: null, quality: null, reliability: 1 };
