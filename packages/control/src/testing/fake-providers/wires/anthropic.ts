import type { Usage } from "@nofx/core/model-router";
import { piecesOf, sse, type WholeAnswer, type Wire } from "../fake-answer.ts";
import { halvesOf } from "./openai-chat.ts";

const ERROR_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
};

/** Anthropic's messages. */
export const anthropicMessages: Wire = {
  asked({ path, body }) {
    if (!path.endsWith("/messages")) return undefined;
    return body.stream === true ? "stream" : "answer";
  },
  answer: ({ body }, answer) => ({
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: body.model,
    content: blocksOf(answer),
    stop_reason: stopOf(answer),
    stop_sequence: null,
    usage: { ...givenOf(answer.usage), ...madeOf(answer.usage), service_tier: "standard" },
  }),
  events({ body }, answer) {
    const event = (data: { type: string } & Record<string, unknown>) => sse(data, data.type);
    const message = {
      id: "msg_fake",
      type: "message",
      role: "assistant",
      model: body.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...givenOf(answer.usage), output_tokens: 1 },
    };
    return [
      event({ type: "message_start", message }),
      event({ type: "ping" }),
      ...blocksOf(answer).flatMap((block, index) => [
        event({ type: "content_block_start", index, content_block: opened(block) }),
        ...deltasOf(block).map((delta) => event({ type: "content_block_delta", index, delta })),
        event({ type: "content_block_stop", index }),
      ]),
      event({
        type: "message_delta",
        delta: { stop_reason: stopOf(answer), stop_sequence: null },
        usage: { ...givenOf(answer.usage), ...madeOf(answer.usage) },
      }),
      event({ type: "message_stop" }),
    ];
  },
  embeddings: () => ({}),
  texts: () => 0,
  error: (status, message) => ({
    type: "error",
    error: { type: ERROR_TYPES[status] ?? "api_error", message },
    request_id: "req_fake",
  }),
  errorEvent: (_request, message) =>
    sse({ type: "error", error: { type: "overloaded_error", message } }, "error"),
  key: (headers) => {
    const key = headers["x-api-key"];
    return typeof key === "string" ? key : undefined;
  },
};

type Block =
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: object };

function blocksOf({ text, reasoning, toolCalls }: WholeAnswer): Block[] {
  return [
    ...(reasoning === ""
      ? []
      : [{ type: "thinking" as const, thinking: reasoning, signature: "c2lnbmVk" }]),
    ...(text === "" ? [] : [{ type: "text" as const, text }]),
    ...toolCalls.map(({ name, input }, index) => ({
      type: "tool_use" as const,
      id: `toolu_fake${index}`,
      name,
      input,
    })),
  ];
}

function opened(block: Block): object {
  switch (block.type) {
    case "thinking":
      return { type: block.type, thinking: "", signature: "" };
    case "text":
      return { type: block.type, text: "" };
    case "tool_use":
      return { ...block, input: {} };
  }
}

function deltasOf(block: Block): object[] {
  switch (block.type) {
    case "thinking":
      return [
        ...piecesOf(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block.signature },
      ];
    case "text":
      return piecesOf(block.text).map((text) => ({ type: "text_delta", text }));
    case "tool_use":
      return ["", ...halvesOf(JSON.stringify(block.input))].map((partial_json) => ({
        type: "input_json_delta",
        partial_json,
      }));
  }
}

function stopOf({ ends, toolCalls }: WholeAnswer): string {
  if (ends === "length") return "max_tokens";
  if (ends === "filtered") return "refusal";
  return toolCalls.length > 0 ? "tool_use" : "end_turn";
}

/** Without what was cached: that is told beside it. */
function givenOf({ input, cacheRead, cacheWrite }: Usage): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  };
}

function madeOf({ output, reasoning }: Usage): object {
  return {
    output_tokens: output + reasoning,
    ...(reasoning > 0 && { output_tokens_details: { thinking_tokens: reasoning } }),
  };
}
