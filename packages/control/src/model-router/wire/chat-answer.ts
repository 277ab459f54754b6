import type { LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import type { AnsweredToolCall, ChatCompletion } from "@nofx/core/api/openai";
import { extraContentOf, finishReasonOf, textIn } from "./answer-parts.ts";
import type { AnswerHead, ChatCall } from "./model-call.ts";
import { chatUsage, usageOfModel } from "./usage-of.ts";

/** What `POST /v1/chat/completions` answers. */
export function chatAnswer(
  _call: ChatCall,
  result: LanguageModelV4GenerateResult,
  head: AnswerHead,
): ChatCompletion {
  const { content, finishReason } = result;
  const text = textIn(content, "text");
  const reasoning = textIn(content, "reasoning");
  const calls = toolCallsIn(content);
  const usage = usageOfModel(result.usage);
  return {
    id: head.id,
    object: "chat.completion",
    created: head.createdAt,
    model: head.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning !== "" && { reasoning_content: reasoning }),
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReasonOf(finishReason, calls.length > 0),
      },
    ],
    ...(usage !== undefined && { usage: chatUsage(usage) }),
  };
}

function toolCallsIn(content: LanguageModelV4GenerateResult["content"]): AnsweredToolCall[] {
  return content.flatMap((part) => {
    if (part.type !== "tool-call") return [];
    const extra = extraContentOf(part.providerMetadata);
    return [
      {
        id: part.toolCallId,
        type: "function" as const,
        function: { name: part.toolName, arguments: part.input },
        ...(extra !== undefined && { extra_content: extra }),
      },
    ];
  });
}
