import {
  APICallError,
  type EmbeddingModelV4,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Content,
  type LanguageModelV4FinishReason,
  type LanguageModelV4StreamPart,
  type LanguageModelV4Usage,
} from "@ai-sdk/provider";
import {
  SIMULATED_EMBEDDER,
  SIMULATED_MODELS,
  simulate,
  simulateEmbedding,
  tokensIn,
  type SimulatedAnswer,
  type SimulatedModel,
  type SimulatedRequest,
  type Usage,
} from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";

/** The provider `simulated`: seeded answers, latency, cost and errors, made on this machine without any model. */
export function simulatedModel(name: string, clock: Clock): LanguageModelV4 | undefined {
  const model = SIMULATED_MODELS.find((one) => one.name === name);
  return model === undefined ? undefined : portOf(model, clock);
}

/** Vectors that know words, not what they mean. */
export function simulatedEmbedder(name: string, clock: Clock): EmbeddingModelV4 | undefined {
  if (name !== SIMULATED_EMBEDDER.name) return undefined;
  return {
    specificationVersion: "v4",
    provider: "simulated",
    modelId: name,
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal }) {
      await clock.sleep(SIMULATED_EMBEDDER.latencyMs, abortSignal);
      abortSignal?.throwIfAborted();
      return {
        embeddings: values.map((value) => simulateEmbedding(value, dimensions)),
        usage: { tokens: values.reduce((sum, value) => sum + tokensIn(value), 0) },
        warnings: [],
      };
    },
  };
}

function portOf(model: SimulatedModel, clock: Clock): LanguageModelV4 {
  const begin = async (
    options: LanguageModelV4CallOptions,
    waits: "firstTokenMs" | "latencyMs",
  ): Promise<SimulatedAnswer> => {
    const outcome = simulate(model, requestOf(options));
    await clock.sleep(outcome.ok ? outcome[waits] : outcome.latencyMs, options.abortSignal);
    options.abortSignal?.throwIfAborted();
    if (outcome.ok) return outcome;
    throw new APICallError({
      message: outcome.message,
      url: `simulated:${model.name}`,
      requestBodyValues: {},
      statusCode: outcome.status,
      ...(outcome.retryAfterSeconds !== undefined && {
        responseHeaders: { "retry-after": `${outcome.retryAfterSeconds}` },
      }),
      isRetryable: true,
    });
  };
  return {
    specificationVersion: "v4",
    provider: "simulated",
    modelId: model.name,
    supportedUrls: { "*/*": [/./] },
    async doGenerate(options) {
      const answer = await begin(options, "latencyMs");
      return {
        content: contentOf(answer),
        finishReason: finishOf(answer),
        usage: usageOf(answer.usage),
        warnings: [],
      };
    },
    async doStream(options) {
      const answer = await begin(options, "firstTokenMs");
      const parts = paced(partsOf(answer), answer, clock, options.abortSignal);
      return { stream: streamOf(parts) };
    },
  };
}

/** As `ReadableStream.from`, which the browser's types do not know. */
function streamOf<T>(parts: AsyncIterable<T>): ReadableStream<T> {
  const iterator = parts[Symbol.asyncIterator]();
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function requestOf({
  prompt,
  seed,
  tools,
  toolChoice,
  responseFormat,
  maxOutputTokens,
  stopSequences,
  reasoning,
}: LanguageModelV4CallOptions): SimulatedRequest {
  const last = prompt.findLast(({ role }) => role === "user" || role === "tool");
  return {
    prompt: prompt.map(textOf).filter(Boolean).join("\n\n"),
    seed: seed ?? 1,
    turn: prompt.filter(({ role }) => role === "assistant").length,
    // what a tool has answered is no reason to call it again
    asked: last?.role === "user" ? textOf(last) : "",
    tools: (tools ?? []).flatMap((tool) =>
      tool.type === "function" ? [{ name: tool.name, schema: tool.inputSchema }] : [],
    ),
    ...(toolChoice !== undefined && {
      toolChoice: toolChoice.type === "tool" ? { name: toolChoice.toolName } : toolChoice.type,
    }),
    ...(responseFormat?.type === "json" && {
      json: responseFormat.schema === undefined ? {} : { schema: responseFormat.schema },
    }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(stopSequences !== undefined && { stop: stopSequences }),
    thinks: reasoning !== undefined && reasoning !== "none" && reasoning !== "provider-default",
  };
}

/** What a message says; of calls and results what they carry. */
function textOf({ content }: LanguageModelV4CallOptions["prompt"][number]): string {
  if (typeof content === "string") return content;
  return content
    .flatMap((part) => {
      if (part.type === "text" || part.type === "reasoning") return [part.text];
      if (part.type === "tool-call") return [`${part.toolName} ${JSON.stringify(part.input)}`];
      return part.type === "tool-result" ? [JSON.stringify(part.output)] : [];
    })
    .join("\n\n");
}

function contentOf({ reasoning, text, toolCalls }: SimulatedAnswer): LanguageModelV4Content[] {
  return [
    ...(reasoning === "" ? [] : [{ type: "reasoning" as const, text: reasoning }]),
    ...(text === "" ? [] : [{ type: "text" as const, text }]),
    ...toolCalls.map(({ name, input }, index) => ({
      type: "tool-call" as const,
      toolCallId: callId(name, index),
      toolName: name,
      input: JSON.stringify(input),
    })),
  ];
}

const callId = (name: string, index: number) => `call_simulated_${name}_${index}`;
const pieces = (text: string) => text.match(/[\s\S]{1,16}/g) ?? [];

function partsOf(answer: SimulatedAnswer): LanguageModelV4StreamPart[] {
  const { reasoning, text, toolCalls } = answer;
  return [
    { type: "stream-start", warnings: [] },
    ...(reasoning === "" ? [] : block("reasoning", reasoning)),
    ...(text === "" ? [] : block("text", text)),
    ...toolCalls.flatMap(({ name, input }, index): LanguageModelV4StreamPart[] => {
      const id = callId(name, index);
      const whole = JSON.stringify(input);
      return [
        { type: "tool-input-start", id, toolName: name },
        ...pieces(whole).map((delta) => ({ type: "tool-input-delta" as const, id, delta })),
        { type: "tool-input-end", id },
        { type: "tool-call", toolCallId: id, toolName: name, input: whole },
      ];
    }),
    { type: "finish", finishReason: finishOf(answer), usage: usageOf(answer.usage) },
  ];
}

function block(kind: "text" | "reasoning", text: string): LanguageModelV4StreamPart[] {
  const id = kind;
  return [
    { type: `${kind}-start`, id },
    ...pieces(text).map((delta) => ({ type: `${kind}-delta` as const, id, delta })),
    { type: `${kind}-end`, id },
  ];
}

/** Timers are no finer: shorter ones are saved up. */
const SHORTEST_SLEEP_MS = 5;

/** The parts at the pace of the model. A script may break them off. */
async function* paced(
  parts: readonly LanguageModelV4StreamPart[],
  { latencyMs, firstTokenMs, breakAfter }: SimulatedAnswer,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart> {
  const deltas = parts.filter((part) => "delta" in part).length;
  const eachMs = (latencyMs - firstTokenMs) / Math.max(1, deltas);
  let said = 0;
  let owed = 0;
  for (const part of parts) {
    if ("delta" in part) {
      if (breakAfter !== undefined && said >= breakAfter) return;
      owed += eachMs;
      if (owed >= SHORTEST_SLEEP_MS) {
        await clock.sleep(owed, signal);
        owed = 0;
      }
      signal?.throwIfAborted();
      said += part.delta.length;
    }
    yield part;
  }
}

function finishOf({ finish }: SimulatedAnswer): LanguageModelV4FinishReason {
  return { unified: finish === "tool_calls" ? "tool-calls" : finish, raw: finish };
}

function usageOf({ input, cacheRead, cacheWrite, output, reasoning }: Usage): LanguageModelV4Usage {
  return {
    inputTokens: { total: input + cacheRead + cacheWrite, noCache: input, cacheRead, cacheWrite },
    outputTokens: { total: output + reasoning, text: output, reasoning },
  };
}
