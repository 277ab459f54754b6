import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import type { ChatUsage, ResponseUsage } from "@nofx/core/api/openai";
import { inputTokens, outputTokens, Usage } from "@nofx/core/model-router";

/** Tokens by class, of what a provider's model told. Undefined where it told nothing: that is not nothing used. */
export function usageOfModel({
  inputTokens: given,
  outputTokens: made,
}: LanguageModelV4Usage): Usage | undefined {
  return Usage.safeParse({
    input: given.noCache,
    cacheRead: given.cacheRead ?? 0,
    cacheWrite: given.cacheWrite ?? 0,
    output: made.text,
    reasoning: made.reasoning ?? 0,
  }).data;
}

export function chatUsage(usage: Usage): ChatUsage {
  const [prompt, completion] = [inputTokens(usage), outputTokens(usage)];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

export function responseUsage(usage: Usage): ResponseUsage {
  const [input, output] = [inputTokens(usage), outputTokens(usage)];
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  };
}
