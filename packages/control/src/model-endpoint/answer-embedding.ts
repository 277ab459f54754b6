import type { EmbeddingModelV4Result } from "@ai-sdk/provider";
import { costOf, NO_USAGE, type Usage } from "@nofx/core/model-router";
import { embeddingAnswer, type EmbeddingCall } from "../model-router/wire/index.ts";
import { callCost, headersOf } from "./answer-model.ts";
import { askEmbedding } from "./ask-model.ts";
import type { CallFrame } from "./call-frame.ts";
import { callHeaders } from "./call-headers.ts";
import { estimateUsage } from "./estimate-usage.ts";
import { inBackground } from "./in-background.ts";
import { keepAnswer, keyOfAnswer, type CacheKey, type KeptAnswer } from "./kept-answers.ts";
import type { OpenCall } from "./open-call.ts";
import { priceOf } from "./price-of.ts";
import { runAttempts, type Answered } from "./run-attempts.ts";

export async function answerEmbedding(
  open: OpenCall,
  call: EmbeddingCall,
  key: CacheKey | undefined,
): Promise<Response> {
  const { frame } = open;
  const { answered, cost, books } = await embed(open, call);
  const { attempt, value } = answered;
  const kept = async () => {
    await books;
    const own = key && keyOfAnswer(frame.plane, key, call, attempt.route);
    if (own === undefined) return;
    const { embeddings, usage } = value;
    await keepAnswer(frame.plane, frame.caller, own, {
      route: attempt.route,
      callId: frame.callId,
      answer: { embeddings, ...(usage !== undefined && { usage }), warnings: [] },
      seconds: frame.wishes.cacheSeconds,
    });
  };
  await inBackground(frame.hooks, kept());
  const model = `${attempt.route.provider}/${attempt.route.model}`;
  return Response.json(embeddingAnswer(call, value, model), {
    headers: { ...headersOf(frame, answered), ...callCost(cost) },
  });
}

/** The vectors, with the books being closed. */
export async function embed(
  { frame, close }: OpenCall,
  call: EmbeddingCall,
): Promise<{
  answered: Answered<EmbeddingModelV4Result>;
  cost: bigint | undefined;
  books: Promise<void>;
}> {
  const answered = await runAttempts(frame, askEmbedding(frame, call)).finally(close);
  const { attempt, value } = answered;
  const used = usageOf(frame, value);
  const price = priceOf(attempt.route, used.usage, frame.plane.clock.date().getTime());
  return {
    answered,
    cost: price === undefined ? undefined : costOf(used.usage, price),
    books: attempt.end({ status: "succeeded", finishReason: "stop", ...used }),
  };
}

function usageOf(
  frame: CallFrame,
  { usage }: EmbeddingModelV4Result,
): { usage: Usage; estimated?: true } {
  if (usage === undefined) return estimateUsage(frame, "");
  return { usage: { ...NO_USAGE, input: usage.tokens } };
}

export function giveEmbeddingAgain(
  callId: string,
  call: EmbeddingCall,
  kept: KeptAnswer & { answer: EmbeddingModelV4Result },
): Response {
  const { provider, model, how } = kept;
  const route = { provider, model, region: "" };
  return Response.json(embeddingAnswer(call, kept.answer, `${provider}/${model}`), {
    headers: callHeaders({ callId, route, tried: [], cache: how, cost: 0n }),
  });
}
