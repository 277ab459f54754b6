import type { EmbeddingModelV4Result, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import {
  ProviderFailure,
  providerEmbeddingModel,
  providerModel,
  type ProviderDeps,
  type ProviderRoute,
} from "../model-router/providers/index.ts";
import type { EmbeddingCall, ModelCall } from "../model-router/wire/index.ts";
import { contentOf, type AnswerContent } from "./answer-content.ts";
import type { Attempt } from "./attempt.ts";
import type { CallFrame } from "./call-frame.ts";
import type { Ask } from "./run-attempts.ts";

/** A stream of which the first words have come. */
export interface OpenStream {
  /** What was read to find that out. */
  readonly first: readonly LanguageModelV4StreamPart[];
  readonly rest: ReadableStreamDefaultReader<LanguageModelV4StreamPart>;
  /** Stops the model. */
  stop(): void;
}

/** Nothing is said of a model that thinks in silence; of one that does not begin at all another is asked. */
const FIRST_PART_MS = 120_000;

export function askWhole(frame: CallFrame, call: ModelCall): Ask<AnswerContent> {
  return async (attempt) => {
    const model = await providerModel(routeOf(frame, attempt), attempt.secret, depsOf(frame));
    const options = { ...optionsOf(frame, call), abortSignal: frame.signal };
    return contentOf(await model.doGenerate(options));
  };
}

export function askStream(frame: CallFrame, call: ModelCall): Ask<OpenStream> {
  return async (attempt) => {
    const stopping = new AbortController();
    const late = new DOMException(`Nothing came within ${FIRST_PART_MS} ms.`, "TimeoutError");
    const { clock } = frame.plane;
    const cancel = clock.timer(FIRST_PART_MS, () => stopping.abort(late), { background: true });
    try {
      const model = await providerModel(routeOf(frame, attempt), attempt.secret, depsOf(frame));
      const abortSignal = AbortSignal.any([frame.signal, stopping.signal]);
      const { stream } = await model.doStream({ ...optionsOf(frame, call), abortSignal });
      const rest = stream.getReader();
      const first = await readUntilSaid(rest, attempt);
      return { first, rest, stop: () => stopping.abort() };
    } catch (error) {
      stopping.abort();
      throw error;
    } finally {
      cancel();
    }
  };
}

export function askEmbedding(frame: CallFrame, call: EmbeddingCall): Ask<EmbeddingModelV4Result> {
  return async (attempt) => {
    const model = await providerEmbeddingModel(
      routeOf(frame, attempt),
      attempt.secret,
      depsOf(frame),
    );
    return model.doEmbed({ ...call.options, abortSignal: frame.signal });
  };
}

/** Up to the first part that a caller can be given: until then another provider can still stand in. */
async function readUntilSaid(
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
  attempt: Attempt,
): Promise<LanguageModelV4StreamPart[]> {
  const first: LanguageModelV4StreamPart[] = [];
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done)
      throw new ProviderFailure("cut_off", "The provider's stream ended without an answer.");
    if (part.type === "error") throw part.error;
    first.push(part);
    if (SILENT.has(part.type)) continue;
    attempt.firstToken();
    return first;
  }
}

const SILENT: ReadonlySet<LanguageModelV4StreamPart["type"]> = new Set([
  "stream-start",
  "response-metadata",
  "ping",
  "raw",
  "text-start",
  "reasoning-start",
]);

function optionsOf(frame: CallFrame, call: ModelCall): ModelCall["options"] {
  const limit = frame.caller.settings.maxOutputTokens;
  if (call.options.maxOutputTokens !== undefined || limit === null) return call.options;
  return { ...call.options, maxOutputTokens: limit };
}

function routeOf({ plane }: CallFrame, { route }: Attempt): ProviderRoute {
  return { ...route, structuredOutputs: plane.models.knowsSchemas(route.provider) };
}

function depsOf({ plane, endpoint }: CallFrame): ProviderDeps {
  return {
    clock: plane.clock,
    network: plane.providerNetwork,
    ...(endpoint !== "embeddings" && { api: endpoint }),
  };
}
