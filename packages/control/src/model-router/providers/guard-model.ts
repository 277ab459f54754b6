import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider";
import type { ProviderKind } from "@nofx/core/model-router";
import { cleanContent, partCleaner } from "./clean-content.ts";
import { failureOf } from "./failure-of.ts";
import { said } from "./refusal-of.ts";
import type { SecretFilter } from "./secret-filter.ts";
import { wireUsage } from "./wire-usage.ts";

interface Guard {
  readonly kind: ProviderKind;
  readonly filter: SecretFilter;
  /** What has to be done to a prompt before this provider takes it. */
  readonly prepare: (
    model: LanguageModelV4,
    options: LanguageModelV4CallOptions,
  ) => Promise<LanguageModelV4CallOptions>;
}

/**
 * A provider's model without its surroundings: failures are ProviderFailures, also those told within a stream, which then ends by
 * throwing; usage is by our classes; requests, headers and raw bodies are left out; no secret comes back in what it says.
 */
export function guardModel(model: LanguageModelV4, guard: Guard): LanguageModelV4 {
  const { kind, filter, prepare } = guard;
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    // what a provider cannot fetch itself is fetched here
    supportedUrls: { "*/*": [/^https?:/] },
    async doGenerate(options) {
      try {
        const result = await model.doGenerate(await prepare(model, options));
        return {
          content: result.content.flatMap((part) => cleanContent(part, filter)),
          finishReason: cleanReason(result.finishReason, filter),
          usage: classed(kind, result.usage),
          warnings: cleanWarnings(result.warnings),
        };
      } catch (error) {
        throw failureOf(error, options.abortSignal);
      }
    },
    async doStream(options) {
      const signal = options.abortSignal;
      try {
        const { stream } = await model.doStream(await prepare(model, options));
        return { stream: guardStream(stream, guard, signal) };
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
  };
}

function guardStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  { kind, filter }: Guard,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  const reader = stream.getReader();
  const clean = partCleaner(filter);
  let finished = false;
  const partsOf = (part: LanguageModelV4StreamPart): LanguageModelV4StreamPart[] => {
    switch (part.type) {
      case "error":
        throw part.error;
      case "stream-start":
        return [{ type: part.type, warnings: cleanWarnings(part.warnings) }];
      case "finish": {
        const finishReason = cleanReason(part.finishReason, filter);
        if (isCut(finishReason)) throw said("cut_off");
        finished = true;
        return [{ type: part.type, finishReason, usage: classed(kind, part.usage) }];
      }
      default:
        return clean(part);
    }
  };
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) {
              if (!finished) throw said("cut_off");
              return controller.close();
            }
            const parts = partsOf(value);
            for (const part of parts) controller.enqueue(part);
            if (parts.length > 0) return undefined;
          }
        } catch (error) {
          void reader.cancel().catch(() => {});
          return controller.error(failureOf(error, signal));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Nobody told how it ended: it did not end, it broke off. */
function isCut({ unified, raw }: LanguageModelV4FinishReason): boolean {
  return raw === undefined && ["interrupted", "error", "other"].includes(unified);
}

function cleanReason(
  { unified, raw }: LanguageModelV4FinishReason,
  filter: SecretFilter,
): LanguageModelV4FinishReason {
  return { unified, raw: raw === undefined ? undefined : filter.clean(raw).slice(0, 100) };
}

/** The AI SDK's own words, without what they quote. */
function cleanWarnings(warnings: readonly SharedV4Warning[]): SharedV4Warning[] {
  return warnings.flatMap((warning) =>
    warning.type === "unsupported" ? [{ type: warning.type, feature: warning.feature }] : [],
  );
}

const NOTHING_TOLD: LanguageModelV4Usage = {
  inputTokens: {
    total: undefined,
    noCache: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
  },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

function classed(kind: ProviderKind, told: LanguageModelV4Usage): LanguageModelV4Usage {
  const usage = wireUsage(kind, told);
  if (usage === undefined) return NOTHING_TOLD;
  const { input, cacheRead, cacheWrite, output, reasoning } = usage;
  return {
    inputTokens: {
      total: input + cacheRead + cacheWrite,
      noCache: input,
      cacheRead,
      cacheWrite,
    },
    outputTokens: { total: output + reasoning, text: output, reasoning },
  };
}
