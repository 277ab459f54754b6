import type { ChatCompletionChunk } from "@nofx/core/api/openai";
import type { Usage } from "@nofx/core/model-router";
import { extraContentOf, finishReasonOf } from "./answer-parts.ts";
import type { AnswerHead, ChatCall, StreamWriter } from "./model-call.ts";
import { chatUsage, usageOfModel } from "./usage-of.ts";

type Choice = ChatCompletionChunk["choices"][number];
type ToolCallDelta = NonNullable<Choice["delta"]["tool_calls"]>[number];

/** The events of `POST /v1/chat/completions` with `stream`: chunks, where asked for the usage, then `[DONE]`. */
export function chatStream(call: ChatCall, head: AnswerHead): StreamWriter {
  const withUsage = call.request.stream_options?.include_usage === true;
  const calls = new Map<string, { index: number; told: boolean }>();
  let begun = false;
  let usage: Usage | undefined;

  const chunk = (choices: Choice[], told: Usage | null = null): string => {
    const body: ChatCompletionChunk = {
      id: head.id,
      object: "chat.completion.chunk",
      created: head.createdAt,
      model: head.model,
      choices,
      ...(withUsage && { usage: told === null ? null : chatUsage(told) }),
    };
    return `data: ${JSON.stringify(body)}\n\n`;
  };
  const choice = (
    delta: Choice["delta"],
    finish_reason: Choice["finish_reason"] = null,
  ): Choice => ({ index: 0, delta, logprobs: null, finish_reason });
  const delta = (content: Choice["delta"]): string => {
    if (begun) return chunk([choice(content)]);
    begun = true;
    const first = chunk([choice({ role: "assistant", content: "", refusal: null })]);
    return first + chunk([choice(content)]);
  };
  const toolDelta = (one: ToolCallDelta) => delta({ tool_calls: [one] });
  const beginCall = (id: string, name: string, args: string): string => {
    const index = calls.size;
    calls.set(id, { index, told: args !== "" });
    return toolDelta({ index, id, type: "function", function: { name, arguments: args } });
  };

  return {
    get usage() {
      return usage;
    },
    write(part) {
      switch (part.type) {
        case "text-delta":
          return part.delta === "" ? "" : delta({ content: part.delta });
        case "reasoning-delta":
          return part.delta === "" ? "" : delta({ reasoning_content: part.delta });
        case "tool-input-start":
          return calls.has(part.id) ? "" : beginCall(part.id, part.toolName, "");
        case "tool-input-delta": {
          const known = calls.get(part.id);
          if (known === undefined || part.delta === "") return "";
          known.told = true;
          return toolDelta({ index: known.index, function: { arguments: part.delta } });
        }
        case "tool-call": {
          const known = calls.get(part.toolCallId);
          // some providers tell a call as a whole, others its name first and the rest at once
          const whole =
            known === undefined
              ? beginCall(part.toolCallId, part.toolName, part.input)
              : known.told || part.input === ""
                ? ""
                : toolDelta({ index: known.index, function: { arguments: part.input } });
          const extra_content = extraContentOf(part.providerMetadata);
          const index = calls.get(part.toolCallId)?.index;
          if (extra_content === undefined || index === undefined) return whole;
          return whole + toolDelta({ index, function: { arguments: "" }, extra_content });
        }
        case "finish": {
          usage = usageOfModel(part.usage);
          const reason = finishReasonOf(part.finishReason, calls.size > 0);
          const empty = begun ? "" : delta({ content: "" });
          return empty + chunk([choice({}, reason)]);
        }
        default:
          return "";
      }
    },
    end: () => `${withUsage && usage !== undefined ? chunk([], usage) : ""}data: [DONE]\n\n`,
    fail: ({ body }) => `data: ${JSON.stringify(body)}\n\n`,
  };
}
