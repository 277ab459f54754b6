import { costOf, usdOfPico, type Usage } from "@nofx/core/model-router";
import { toId } from "@nofx/core/vocabulary";
import {
  chatAnswer,
  chatStream,
  responseAnswer,
  responseStream,
  usageOfModel,
  type AnswerHead,
  type ModelCall,
  type StreamWriter,
} from "../model-router/wire/index.ts";
import { partsOf, resultOf, type AnswerContent } from "./answer-content.ts";
import { askStream, askWhole } from "./ask-model.ts";
import type { CallFrame } from "./call-frame.ts";
import { callHeaders } from "./call-headers.ts";
import { estimateUsage } from "./estimate-usage.ts";
import { inBackground } from "./in-background.ts";
import { keepAnswer, keyOfAnswer, type CacheKey, type KeptAnswer } from "./kept-answers.ts";
import type { OpenCall } from "./open-call.ts";
import { priceOf } from "./price-of.ts";
import { runAttempts, type Answered } from "./run-attempts.ts";
import { streamAnswer } from "./stream-answer.ts";
import { keepTranscript } from "./transcripts.ts";

/** Asks a model and answers as the endpoint that was called does: as a whole or as a stream. */
export function answerModel(
  open: OpenCall,
  call: ModelCall,
  key: CacheKey | undefined,
): Promise<Response> {
  return call.stream ? answerStream(open, call, key) : answerWhole(open, call, key);
}

async function answerWhole(
  { frame, close }: OpenCall,
  call: ModelCall,
  key: CacheKey | undefined,
): Promise<Response> {
  const answered = await runAttempts(frame, askWhole(frame, call)).finally(close);
  const { attempt, value } = answered;
  const told = usageOfModel(value.usage);
  const used: { usage: Usage; estimated?: boolean } =
    told === undefined ? estimateUsage(frame, saidIn(value)) : { usage: told };
  const finishReason = value.finishReason.unified;
  const books = attempt.end({ status: "succeeded", finishReason, ...used });
  const price = priceOf(attempt.route, used.usage, frame.plane.clock.date().getTime());
  const cost = price === undefined ? undefined : costOf(used.usage, price);
  await inBackground(
    frame.hooks,
    books.then(() => keep(frame, call, key, answered, value, value)),
  );
  const head = headOf(frame, `${attempt.route.provider}/${attempt.route.model}`);
  return Response.json(wholeOf(call, value, head), {
    headers: { ...headersOf(frame, answered), ...callCost(cost) },
  });
}

async function answerStream(
  { frame, close }: OpenCall,
  call: ModelCall,
  key: CacheKey | undefined,
): Promise<Response> {
  const answered = await runAttempts(frame, askStream(frame, call)).catch((error: unknown) => {
    close();
    throw error;
  });
  const { provider, model } = answered.attempt.route;
  const writer = writerOf(call, headOf(frame, `${provider}/${model}`));
  const body = streamAnswer(frame, answered, writer, async (said, whole) => {
    close();
    await keep(frame, call, key, answered, said, whole);
  });
  return eventStream(body, headersOf(frame, answered));
}

/** An answer that was kept, in the form that is asked for now. */
export function giveAgain(
  callId: string,
  now: Date,
  call: ModelCall,
  kept: KeptAnswer & { answer: AnswerContent },
): Response {
  const headers = callHeaders({
    callId,
    route: { ...kept, region: "" },
    tried: [],
    cache: kept.how,
    cost: 0n,
  });
  const head = {
    id: answerId(call.api, callId),
    createdAt: Math.floor(now.getTime() / 1_000),
    model: `${kept.provider}/${kept.model}`,
  };
  if (!call.stream) return Response.json(wholeOf(call, kept.answer, head), { headers });
  const writer = writerOf(call, head);
  const text = partsOf(kept.answer).map((part) => writer.write(part));
  return eventStream([...text, writer.end()].join(""), headers);
}

/** What was said is kept where the tenant wants it; an answer that is whole also to be given again. */
async function keep(
  frame: CallFrame,
  call: ModelCall,
  key: CacheKey | undefined,
  { attempt }: Answered<unknown>,
  said: Pick<AnswerContent, "content">,
  whole: AnswerContent | undefined,
): Promise<void> {
  const { plane, caller, wishes, callId, hooks } = frame;
  try {
    if (caller.settings.transcripts && wishes.transcript !== "off") {
      await keepTranscript(plane, caller, { callId, request: call.request, answer: said.content });
    }
    if (key === undefined || whole === undefined || !KEEPABLE.has(whole.finishReason.unified))
      return;
    const own = keyOfAnswer(plane, key, call, attempt.route);
    if (own === undefined) return;
    const { content, finishReason, usage } = whole;
    await keepAnswer(plane, caller, own, {
      route: attempt.route,
      callId,
      answer: { content, finishReason, usage },
      seconds: wishes.cacheSeconds,
    });
  } catch (error) {
    // the answer is out, and what it cost is noted
    hooks.onError?.(error);
  }
}

/** What ended for another reason would perhaps end otherwise another time. */
const KEEPABLE = new Set(["stop", "length", "tool-calls"]);

function wholeOf(call: ModelCall, answer: AnswerContent, head: AnswerHead): object {
  const result = resultOf(answer);
  return call.api === "chat" ? chatAnswer(call, result, head) : responseAnswer(call, result, head);
}

function writerOf(call: ModelCall, head: AnswerHead): StreamWriter {
  return call.api === "chat" ? chatStream(call, head) : responseStream(call, head);
}

function headOf({ endpoint, callId, plane }: CallFrame, model: string): AnswerHead {
  const createdAt = Math.floor(plane.clock.date().getTime() / 1_000);
  return { id: answerId(endpoint, callId), createdAt, model };
}

function answerId(endpoint: string, callId: string): string {
  const id = toId("modelCall", callId).replace(/^call_/, "");
  return endpoint === "responses" ? `resp_${id}` : `chatcmpl-${id}`;
}

function saidIn({ content }: AnswerContent): string {
  return content
    .map((part) =>
      part.type === "text" || part.type === "reasoning"
        ? part.text
        : part.type === "tool-call"
          ? part.input
          : "",
    )
    .join("");
}

export function headersOf(frame: CallFrame, answered: Answered<unknown>): Record<string, string> {
  const { attempt, tried, degraded } = answered;
  return callHeaders({
    callId: frame.callId,
    route: attempt.route,
    policy: frame.route.facts.policy.name,
    decision: frame.route.digest,
    tried,
    cache: frame.cache,
    degraded,
  });
}

export function callCost(cost: bigint | undefined): Record<string, string> {
  return cost === undefined ? {} : { "nofx-cost-usd": usdOfPico(cost) };
}

function eventStream(
  body: ReadableStream<Uint8Array> | string,
  headers: Record<string, string>,
): Response {
  return new Response(body, {
    headers: {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // proxies that gather answers would hold the words back
      "x-accel-buffering": "no",
    },
  });
}
