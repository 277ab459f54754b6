import { NO_USAGE, type Usage } from "@nofx/core/model-router";
import { tokensOfText } from "../model-router/wire/estimate-tokens.ts";
import type { CallFrame } from "./call-frame.ts";

/** What a call has used about, where the provider was cut off before it told: what was asked, and what had come. */
export function estimateUsage(
  frame: Pick<CallFrame, "inputTokens">,
  said: string,
): { usage: Usage; estimated: true } {
  const usage = { ...NO_USAGE, input: frame.inputTokens, output: tokensOfText(said) };
  return { usage, estimated: true };
}
