import type { Usage } from "@nofx/core/model-router";
import { bearer, piecesOf, sse, type WholeAnswer, type Wire } from "../fake-answer.ts";

const FINISH = { whole: "stop", length: "length", filtered: "content_filter" } as const;
const ERROR_TYPES: Record<number, [type: string, code: string | null]> = {
  401: ["invalid_request_error", "invalid_api_key"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["requests", "rate_limit_exceeded"],
  500: ["server_error", null],
  503: ["server_error", "overloaded"],
};

/** OpenAI's chat completions, as OpenAI and most others speak them. */
export const openAiChat: Wire = {
  asked({ path, body }) {
    if (path.endsWith("/embeddings")) return "embeddings";
    if (!path.endsWith("/chat/completions")) return undefined;
    return body.stream === true ? "stream" : "answer";
  },
  answer: ({ body }, answer) => ({
    id: "chatcmpl-fake",
    object: "chat.completion",
    created: 1_760_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", refusal: null, annotations: [], ...messageOf(answer) },
        logprobs: null,
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer.usage),
    service_tier: "default",
    system_fingerprint: "fp_fake",
  }),
  events({ body }, answer) {
    const chunk = (choices: object[], usage: object | null) =>
      sse({
        id: "chatcmpl-fake",
        object: "chat.completion.chunk",
        created: 1_760_000_000,
        model: body.model,
        service_tier: "default",
        system_fingerprint: "fp_fake",
        choices,
        ...(withUsage && { usage }),
      });
    const withUsage =
      (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;
    const delta = (content: object, finish_reason: string | null = null) =>
      chunk([{ index: 0, delta: content, logprobs: null, finish_reason }], null);
    const calls = toolCallsOf(answer).flatMap(({ id, type, function: of }, index) => [
      delta({ tool_calls: [{ index, id, type, function: { name: of.name, arguments: "" } }] }),
      ...halvesOf(of.arguments).map((part) =>
        delta({ tool_calls: [{ index, function: { arguments: part } }] }),
      ),
    ]);
    return [
      delta({ role: "assistant", content: "", refusal: null }),
      ...piecesOf(answer.reasoning).map((text) => delta({ reasoning_content: text })),
      ...piecesOf(answer.text).map((content) => delta({ content })),
      ...calls,
      delta({}, finishOf(answer)),
      ...(withUsage ? [chunk([], usageOf(answer.usage))] : []),
      sse("[DONE]"),
    ];
  },
  embeddings: ({ body }, vectors, tokens) => ({
    object: "list",
    data: vectors.map((embedding, index) => ({
      object: "embedding",
      index,
      embedding: body.encoding_format === "base64" ? base64(embedding) : embedding,
    })),
    model: body.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }),
  texts: ({ body }) => (Array.isArray(body.input) ? body.input.length : 1),
  error(status, message) {
    const [type, code] = ERROR_TYPES[status] ?? ["invalid_request_error", null];
    return { error: { message, type, param: null, code } };
  },
  errorEvent: (_request, message) =>
    sse({ error: { message, type: "server_error", param: null, code: "server_error" } }),
  key: bearer,
};

export function halvesOf(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((part) => part !== "");
}

function toolCallsOf({ toolCalls }: WholeAnswer) {
  return toolCalls.map(({ name, input }, index) => ({
    id: `call_fake${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
}

function messageOf(answer: WholeAnswer): object {
  const calls = toolCallsOf(answer);
  return {
    content: answer.text === "" && calls.length > 0 ? null : answer.text,
    ...(answer.reasoning !== "" && { reasoning_content: answer.reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
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
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      audio_tokens: 0,
      ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function base64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString("base64");
}
