import { abortAfter } from "@nofx/core/seams";
import { findRunToCharge } from "@nofx/db/queries";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { Plane } from "../command/plane.ts";
import { openAiError, type EmbeddingCall, type ModelCall } from "../model-router/wire/index.ts";
import type { CallFrame, EndpointHooks } from "./call-frame.ts";
import type { ModelCaller } from "./caller.ts";
import { chooseRoute, findCheaper, routeRequestOf } from "./choose-route.ts";
import { LONGEST_CALL_MS } from "./limits.ts";
import type { CallWishes } from "./wishes.ts";

export interface CallContext {
  readonly plane: Plane;
  readonly hooks: EndpointHooks;
  readonly caller: ModelCaller;
  readonly wishes: CallWishes;
  /** A raw uuid. */
  readonly callId: string;
  /** Fires when the caller is gone. */
  readonly gone: AbortSignal;
}

/** A call with its time running; `close` lets go of the timer. */
export interface OpenCall {
  readonly frame: CallFrame;
  close(): void;
}

/** Finds out who answers, and for whom. Throws OpenAiError where nobody can. */
export async function openCall(
  context: CallContext,
  call: ModelCall | EmbeddingCall,
  cache: CallFrame["cache"],
): Promise<OpenCall> {
  const { plane, hooks, caller, wishes, callId, gone } = context;
  const wanted = routeRequestOf(caller, wishes, call, callId);
  const [runId, route] = await Promise.all([
    findRun(plane, caller, wishes.stepId),
    chooseRoute(plane, caller.tenantId, wanted),
  ]);
  const limitMs = wishes.deadlineMs ?? LONGEST_CALL_MS;
  const deadline = abortAfter(plane.clock, limitMs);
  const stops = caller.settings.onDisconnect === "stop";
  const frame: CallFrame = {
    plane,
    hooks,
    caller,
    wishes,
    callId,
    endpoint: call.api,
    asked: call.model,
    streamed: call.api !== "embeddings" && call.stream,
    runId,
    inputTokens: call.inputTokens,
    maxOutputTokens: wanted.maxOutputTokens,
    route,
    findCheaper: (than, refused) => findCheaper(plane, caller.tenantId, wanted, { than, refused }),
    cache,
    signal: stops ? AbortSignal.any([deadline.signal, gone]) : deadline.signal,
    gone,
    deadlineAt: plane.clock.now() + limitMs,
  };
  return { frame, close: deadline.cancel };
}

async function findRun(
  plane: Plane,
  { claims, tenantId, type }: ModelCaller,
  stepId: string | undefined,
): Promise<string | undefined> {
  if (stepId === undefined) return undefined;
  const run = await findRunToCharge(plane.db, claims, { tenantId, stepId }).catch(
    (error: unknown) => {
      throw fromDatabaseError(error);
    },
  );
  if (run !== undefined) return run;
  const which = type === "agent" ? "that this agent holds" : "of this tenant that is still there";
  throw openAiError("step_unknown", `The header nofx-step-id names no step ${which}.`, 404, {
    param: "nofx-step-id",
  });
}
