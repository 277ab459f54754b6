import { Usage } from "@nofx/core/model-router";
import type { LanguageModelUsage } from "ai";

/**
 * Tokens by the classes that have a price. Providers count cached tokens into the input and reasoning into the output; here no token
 * is counted twice. Undefined where the provider told nothing: that is not nothing used.
 */
export function usageOf(told: LanguageModelUsage): Usage | undefined {
  const { inputTokens, outputTokens, inputTokenDetails: of, outputTokenDetails: out } = told;
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cacheRead = of.cacheReadTokens ?? 0;
  const cacheWrite = of.cacheWriteTokens ?? 0;
  const reasoning = out.reasoningTokens ?? 0;
  return Usage.safeParse({
    input: of.noCacheTokens ?? Math.max(0, inputTokens - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: out.textTokens ?? Math.max(0, outputTokens - reasoning),
    reasoning,
  }).data;
}
