import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { AnsweredToolCall, ChatFinishReason } from "@nofx/core/api/openai";

/** What was said: text of one kind, as one. */
export function textIn(
  content: readonly LanguageModelV4Content[],
  type: "text" | "reasoning",
): string {
  return content.flatMap((part) => (part.type === type ? [part.text] : [])).join("");
}

/** Providers that ended with calls of tools do not all say so. */
export function finishReasonOf(
  { unified }: LanguageModelV4FinishReason,
  calledTools: boolean,
): ChatFinishReason {
  switch (unified) {
    case "length":
      return "length";
    case "content-filter":
      return "content_filter";
    case "tool-calls":
    case "stop":
    case "error":
    case "interrupted":
    case "other":
      return calledTools ? "tool_calls" : "stop";
  }
}

/** Where Google's own server puts what its models want to see again with a call. */
export function extraContentOf(
  metadata: SharedV4ProviderMetadata | undefined,
): AnsweredToolCall["extra_content"] {
  for (const one of Object.values(metadata ?? {})) {
    const signature = one?.thoughtSignature;
    if (typeof signature === "string") return { google: { thought_signature: signature } };
  }
  return undefined;
}
