import type { Usage } from "@nofx/core/model-router";
import { piecesOf, sse, type WholeAnswer, type Wire, type WireRequest } from "../fake-answer.ts";
import { halvesOf, openAiChat } from "./openai-chat.ts";

/** OpenAI's responses; the rest as its chat completions. */
export const openAiResponses: Wire = {
  ...openAiChat,
  asked: (request) => {
    if (!request.path.endsWith("/responses")) return openAiChat.asked(request);
    return request.body.stream === true ? "stream" : "answer";
  },
  answer: (request, answer) =>
    isResponse(request)
      ? responseOf(request, answer, itemsOf(answer))
      : openAiChat.answer(request, answer),
  events: (request, answer) =>
    isResponse(request) ? eventsOf(request, answer) : openAiChat.events(request, answer),
  errorEvent: (request, message) =>
    isResponse(request)
      ? sse(
          { type: "error", sequence_number: 99, code: "server_error", message, param: null },
          "error",
        )
      : openAiChat.errorEvent(request, message),
};

const isResponse = ({ path }: WireRequest) => path.endsWith("/responses");

type Item = Record<string, unknown> & { type: string; id: string };

function itemsOf({ text, reasoning, toolCalls }: WholeAnswer): Item[] {
  const summary = { type: "summary_text", text: reasoning };
  const spoken = { type: "output_text", text, annotations: [], logprobs: [] };
  return [
    ...(reasoning === "" ? [] : [{ id: "rs_fake", type: "reasoning", summary: [summary] }]),
    ...(text === ""
      ? []
      : [
          {
            id: "msg_fake",
            type: "message",
            status: "completed",
            role: "assistant",
            content: [spoken],
          },
        ]),
    ...toolCalls.map(({ name, input }, index) => ({
      id: `fc_fake${index}`,
      type: "function_call",
      status: "completed",
      call_id: `call_fake${index}`,
      name,
      arguments: JSON.stringify(input),
    })),
  ];
}

function responseOf({ body }: WireRequest, answer: WholeAnswer, output: readonly Item[]): object {
  const whole = answer.ends === "whole";
  const reason = answer.ends === "length" ? "max_output_tokens" : "content_filter";
  return {
    id: "resp_fake",
    object: "response",
    created_at: 1_760_000_000,
    status: whole ? "completed" : "incomplete",
    error: null,
    incomplete_details: whole ? null : { reason },
    model: body.model,
    output,
    parallel_tool_calls: true,
    service_tier: "default",
    store: false,
    tools: [],
    usage: usageOf(answer.usage),
  };
}

function eventsOf(request: WireRequest, answer: WholeAnswer): string[] {
  let sequence_number = 0;
  const event = (type: string, rest: object) =>
    sse({ type, sequence_number: sequence_number++, ...rest }, type);
  const whole = responseOf(request, answer, itemsOf(answer)) as Record<string, unknown>;
  const begun = { ...whole, status: "in_progress", output: [], usage: null };
  const last = answer.ends === "whole" ? "response.completed" : "response.incomplete";
  return [
    event("response.created", { response: begun }),
    event("response.in_progress", { response: begun }),
    ...itemsOf(answer).flatMap((item, output_index) => {
      const at = { item_id: item.id, output_index };
      return [
        event("response.output_item.added", { output_index, item: opened(item) }),
        ...middleOf(item, answer, (type, rest) => event(type, { ...at, ...rest })),
        event("response.output_item.done", { output_index, item }),
      ];
    }),
    event(last, { response: whole }),
  ];
}

function opened(item: Item): object {
  switch (item.type) {
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    default:
      return { ...item, summary: [] };
  }
}

function middleOf(
  item: Item,
  { text, reasoning }: WholeAnswer,
  event: (type: string, rest: object) => string,
): string[] {
  switch (item.type) {
    case "message": {
      const part = { type: "output_text", text, annotations: [], logprobs: [] };
      return [
        event("response.content_part.added", { content_index: 0, part: { ...part, text: "" } }),
        ...piecesOf(text).map((delta) =>
          event("response.output_text.delta", { content_index: 0, delta, logprobs: [] }),
        ),
        event("response.output_text.done", { content_index: 0, text, logprobs: [] }),
        event("response.content_part.done", { content_index: 0, part }),
      ];
    }
    case "function_call": {
      const args = String(item.arguments);
      return [
        ...halvesOf(args).map((delta) =>
          event("response.function_call_arguments.delta", { delta }),
        ),
        event("response.function_call_arguments.done", { arguments: args }),
      ];
    }
    default: {
      const part = { type: "summary_text", text: reasoning };
      return [
        event("response.reasoning_summary_part.added", {
          summary_index: 0,
          part: { ...part, text: "" },
        }),
        ...piecesOf(reasoning).map((delta) =>
          event("response.reasoning_summary_text.delta", { summary_index: 0, delta }),
        ),
        event("response.reasoning_summary_text.done", { summary_index: 0, text: reasoning }),
        event("response.reasoning_summary_part.done", { summary_index: 0, part }),
      ];
    }
  }
}

function usageOf({ input, cacheRead, cacheWrite, output, reasoning }: Usage): object {
  const [given, made] = [input + cacheRead + cacheWrite, output + reasoning];
  return {
    input_tokens: given,
    input_tokens_details: {
      cached_tokens: cacheRead,
      ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }),
    },
    output_tokens: made,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: given + made,
  };
}
