import type { Refused } from "@nofx/core/budgets";
import type { Route, RouteFacts, RouteRequest } from "@nofx/core/model-router";
import type { Plane } from "../command/plane.ts";
import type { EmbeddingCall, ModelCall } from "../model-router/wire/index.ts";
import { selectRoute, type SelectedRoute } from "../routing/index.ts";
import type { ModelCaller } from "./caller.ts";
import { notRouted } from "./errors.ts";
import { UNSAID_OUTPUT_TOKENS } from "./limits.ts";
import type { CallWishes } from "./wishes.ts";

export type ChosenRoute = Extract<SelectedRoute, { ok: true }>;

/** What is wanted, as a decision reads it. */
export function routeRequestOf(
  caller: ModelCaller,
  wishes: CallWishes,
  call: ModelCall | EmbeddingCall,
  callId: string,
): RouteRequest {
  const embeds = call.api === "embeddings";
  const said = embeds ? 0 : (call.maxOutputTokens ?? caller.settings.maxOutputTokens ?? undefined);
  const user = embeds ? undefined : (call.request.user ?? undefined);
  const { residency, qualityFloor, deadlineMs, budget, stickyKey = user } = wishes;
  return {
    model: call.model,
    capabilities: call.needs,
    inputTokens: call.inputTokens,
    maxOutputTokens: said ?? UNSAID_OUTPUT_TOKENS,
    ...(residency !== undefined && { residency }),
    ...(qualityFloor !== undefined && { qualityFloor }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(budget !== undefined && { budget }),
    ...(stickyKey !== undefined && { stickyKey }),
    callKey: callId,
    facts: factsOf(caller, wishes, call),
  };
}

/** What conditions of policies may ask of: who calls, and what the request says of itself. */
function factsOf(
  caller: ModelCaller,
  wishes: CallWishes,
  call: ModelCall | EmbeddingCall,
): RouteFacts {
  const metadata = call.api === "embeddings" ? {} : (call.request.metadata ?? {});
  return {
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => /^[A-Za-z_]\w*$/.test(name))),
    caller: caller.type,
    name: caller.name,
    endpoint: call.api,
    in_step: wishes.stepId !== undefined,
  };
}

/** Throws OpenAiError where there is no route. */
export async function chooseRoute(
  plane: Plane,
  tenantId: string,
  request: RouteRequest,
): Promise<ChosenRoute> {
  const decision = await selectRoute(plane, { tenantId, request });
  if (decision.ok) return decision;
  throw notRouted(decision, plane.clock.date().getTime());
}

/** Any model that costs less than that one, and no more than the budget has left; by the policy that was asked for, if one was. */
export async function findCheaper(
  plane: Plane,
  tenantId: string,
  request: RouteRequest,
  { than, refused }: { than: Route; refused: Refused },
): Promise<readonly Route[]> {
  const left =
    refused.measure === "usd" ? refused.limit - refused.used - refused.reserved : undefined;
  const budget = smallest(left, than.highestCost, request.budget);
  if (budget !== undefined && budget <= 0n) return [];
  const decision = await selectRoute(plane, {
    tenantId,
    request: {
      ...request,
      model: request.model?.startsWith("policy:") === true ? request.model : "auto",
      ...(budget !== undefined && { budget }),
    },
  });
  if (!decision.ok) return [];
  return [decision.chosen, ...decision.fallbacks].filter(
    ({ highestCost }) =>
      highestCost !== undefined &&
      (than.highestCost === undefined || highestCost < than.highestCost) &&
      (left === undefined || highestCost <= left),
  );
}

function smallest(...amounts: readonly (bigint | undefined)[]): bigint | undefined {
  return amounts.reduce((least, one) =>
    one === undefined || (least !== undefined && least <= one) ? least : one,
  );
}
