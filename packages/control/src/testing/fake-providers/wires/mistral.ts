import type { Usage } from "@nofx/core/model-router";
import { bearer, piecesOf, sse, type WholeAnswer, type Wire } from "../fake-answer.ts";
import { openAiChat } from "./openai-chat.ts";

const FINISH = { whole: "stop", length: "length", filtered: "error" } as const;

/** Mistral's chat: near to OpenAI's, with thoughts among the content and the usage always in the last chunk. */
export const mistralChat: Wire = {
  ...openAiChat,
  answer: ({ body }, answer) => ({
    id: "fake",
    object: "chat.completion",
    created: 1_760_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: contentOf(answer), tool_calls: callsOf(answer) },
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer.usage),
  }),
  events({ body }, answer) {
    const chunk = (delta: object, finish_reason: string | null = null, rest: object = {}) =>
      sse({
        id: "fake",
        object: "chat.completion.chunk",
        created: 1_760_000_000,
        model: body.model,
        choices: [{ index: 0, delta, finish_reason }],
        ...rest,
      });
    const calls = callsOf(answer);
    return [
      chunk({ role: "assistant", content: "" }),
      ...piecesOf(answer.reasoning).map((text) => chunk({ content: [thought(text)] })),
      ...piecesOf(answer.text).map((content) => chunk({ content })),
      chunk(
        calls === null ? { content: "" } : { content: "", tool_calls: calls },
        finishOf(answer),
        {
          usage: usageOf(answer.usage),
        },
      ),
      sse("[DONE]"),
    ];
  },
  error: (status, message) => ({
    object: "error",
    message,
    type: status === 429 ? "rate_limited" : "invalid_request_error",
    param: null,
    code: String(status),
  }),
  key: bearer,
};

const thought = (text: string) => ({ type: "thinking", thinking: [{ type: "text", text }] });

function contentOf({ text, reasoning }: WholeAnswer): unknown {
  return reasoning === "" ? text : [thought(reasoning), { type: "text", text }];
}

function callsOf({ toolCalls }: WholeAnswer) {
  if (toolCalls.length === 0) return null;
  return toolCalls.map(({ name, input }, index) => ({
    id: `fake0000${index}`,
    function: { name, arguments: JSON.stringify(input) },
    index,
  }));
}

function finishOf({ ends, toolCalls }: WholeAnswer): string {
  return ends === "whole" && toolCalls.length > 0 ? "tool_calls" : FINISH[ends];
}

function usageOf({ input, cacheRead, cacheWrite, output, reasoning }: Usage): object {
  const [prompt, completion] = [input + cacheRead + cacheWrite, output + reasoning];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cacheRead > 0 && { num_cached_tokens: cacheRead }),
    ...(reasoning > 0 && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
