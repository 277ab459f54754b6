import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
} from "@ai-sdk/provider";
import { simulate, SIMULATED_MODELS, type SimulatedModel } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";

/** The provider `simulated`: seeded answers, latency, cost and errors, made on this machine without any model. */
export function simulatedModel(name: string, clock: Clock): LanguageModelV4 | undefined {
  const model = SIMULATED_MODELS.find((one) => one.name === name);
  return model === undefined ? undefined : portOf(model, clock);
}

function portOf(model: SimulatedModel, clock: Clock): LanguageModelV4 {
  const answer = async (options: LanguageModelV4CallOptions) => {
    const outcome = simulate(model, { prompt: textOf(options.prompt), seed: options.seed ?? 1 });
    await clock.sleep(outcome.latencyMs, options.abortSignal);
    options.abortSignal?.throwIfAborted();
    if (outcome.ok) return outcome;
    throw new APICallError({
      message: outcome.message,
      url: `simulated:${model.name}`,
      requestBodyValues: {},
      statusCode: outcome.status,
      isRetryable: true,
    });
  };
  return {
    specificationVersion: "v4",
    provider: "simulated",
    modelId: model.name,
    supportedUrls: {},
    async doGenerate(options) {
      const { text, usage } = await answer(options);
      return {
        content: [{ type: "text", text }],
        finishReason: STOP,
        usage: usageOf(usage),
        warnings: [],
      };
    },
    async doStream(options) {
      const { text, usage } = await answer(options);
      const id = "text";
      return {
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: "stream-start", warnings: [] });
            controller.enqueue({ type: "text-start", id });
            for (const delta of text.match(/[\s\S]{1,200}/g) ?? []) {
              controller.enqueue({ type: "text-delta", id, delta });
            }
            controller.enqueue({ type: "text-end", id });
            controller.enqueue({ type: "finish", finishReason: STOP, usage: usageOf(usage) });
            controller.close();
          },
        }),
      };
    },
  };
}

const STOP = { unified: "stop", raw: "stop" } as const;

/** All that the messages say, as one text. */
function textOf(prompt: LanguageModelV4CallOptions["prompt"]): string {
  return prompt
    .flatMap(({ content }) =>
      typeof content === "string"
        ? [content]
        : content.flatMap((part) => (part.type === "text" ? [part.text] : [])),
    )
    .join("\n\n");
}

function usageOf({ input, output }: { input: number; output: number }) {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}
