import type { Usage } from "@nofx/core/model-router";
import type { LanguageModelUsage } from "ai";
import { wireUsage } from "./providers/wire-usage.ts";

/** Tokens by class of what the AI SDK's own functions tell. Undefined where the provider told nothing: that is not nothing used. */
export function usageOf(told: LanguageModelUsage): Usage | undefined {
  const { inputTokens, outputTokens, inputTokenDetails: of, outputTokenDetails: out, raw } = told;
  const isChat = raw !== undefined && "prompt_tokens" in raw;
  return wireUsage(isChat ? "openai_compatible" : "simulated", {
    inputTokens: {
      total: inputTokens,
      noCache: of.noCacheTokens,
      cacheRead: of.cacheReadTokens,
      cacheWrite: of.cacheWriteTokens,
    },
    outputTokens: {
      total: outputTokens,
      text: out.textTokens,
      reasoning: out.reasoningTokens,
    },
    ...(raw !== undefined && { raw }),
  });
}
