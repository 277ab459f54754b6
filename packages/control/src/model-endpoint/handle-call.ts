import type { EmbeddingModelV4Result } from "@ai-sdk/provider";
import { recordKeptAnswer } from "@nofx/db/queries";
import type { EmbeddingCall, ModelCall } from "../model-router/wire/index.ts";
import type { AnswerContent } from "./answer-content.ts";
import { answerEmbedding, embed, giveEmbeddingAgain } from "./answer-embedding.ts";
import { answerModel, giveAgain } from "./answer-model.ts";
import type { CallFrame, EndpointName } from "./call-frame.ts";
import { inBackground } from "./in-background.ts";
import {
  cacheKeyOf,
  cacheUseOf,
  findKept,
  type CacheKey,
  type KeptAnswer,
} from "./kept-answers.ts";
import { openCall, type CallContext } from "./open-call.ts";
import { readCall } from "./read-call.ts";

/** One request to a model, from its body to its answer. */
export async function handleCall(
  context: CallContext,
  endpoint: EndpointName,
  request: Request,
): Promise<Response> {
  const { plane, caller, wishes } = context;
  const call = await readCall(endpoint, request);
  const use = cacheUseOf(caller, wishes);
  const open = await openCall(context, call, use === undefined ? "none" : "miss");
  const key = use === undefined ? undefined : cacheKeyOf(plane, use, call, open.frame.route.chosen);
  const kept = key === undefined ? undefined : await lookUp(context, key);
  if (kept !== undefined) {
    open.close();
    return again(context, open.frame, call, kept);
  }
  return call.api === "embeddings"
    ? answerEmbedding(open, call, key)
    : answerModel(open, call, key);
}

/** A store of kept answers that fails is a miss: the model can still be asked. */
async function lookUp(context: CallContext, key: CacheKey): Promise<KeptAnswer | undefined> {
  const { plane, caller, hooks } = context;
  try {
    return await findKept(plane, caller, key, (text) => vectorOf(context, text));
  } catch (error) {
    hooks.onError?.(error);
    return undefined;
  }
}

/** A call of its own, reserved, noted and paid for like any other. */
async function vectorOf(context: CallContext, text: string): Promise<readonly number[]> {
  const model = context.caller.settings.embeddingsModel ?? "";
  const call: EmbeddingCall = {
    api: "embeddings",
    model,
    needs: ["embeddings"],
    inputTokens: Math.ceil(text.length / 4),
    encoding: "float",
    options: { values: [text] },
  };
  const own = { ...context, callId: context.plane.newUuid() };
  const { answered, books } = await embed(await openCall(own, call, "none"), call);
  await inBackground(context.hooks, books);
  return answered.value.embeddings[0] ?? [];
}

async function again(
  { plane, caller, wishes, hooks, callId }: CallContext,
  frame: CallFrame,
  call: ModelCall | EmbeddingCall,
  kept: KeptAnswer,
): Promise<Response> {
  const noted = recordKeptAnswer(plane.db, caller.claims, {
    id: plane.newUuid(),
    tenant_id: caller.tenantId,
    call_id: callId,
    attempt: 1,
    endpoint: call.api,
    asked: call.model,
    provider: kept.provider,
    model: kept.model,
    region: frame.route.chosen.region,
    policy: frame.route.facts.policy.name,
    decision_digest: frame.route.digest,
    reason: null,
    run_id: frame.runId ?? null,
    step_id: wishes.stepId ?? null,
    streamed: frame.streamed,
    cache: kept.how,
    price: null,
    reservation_id: null,
    traceparent: wishes.traceparent ?? null,
    latency_ms: 0,
  });
  await inBackground(hooks, noted);
  if (call.api === "embeddings") {
    const answer = kept.answer as EmbeddingModelV4Result;
    return giveEmbeddingAgain(callId, call, { ...kept, answer });
  }
  const answer = kept.answer as AnswerContent;
  return giveAgain(callId, plane.clock.date(), call, { ...kept, answer });
}
