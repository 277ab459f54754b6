import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { ResponseOutputItem } from "@nofx/core/api/openai";
import type { Usage } from "@nofx/core/model-router";
import type { AnswerHead, ResponseCall, StreamWriter } from "./model-call.ts";
import {
  functionCallItem,
  incompleteBecause,
  itemId,
  messageItem,
  outputText,
  reasoningItem,
  sealedFor,
} from "./response-items.ts";
import { responseObject } from "./response-object.ts";
import { usageOfModel } from "./usage-of.ts";

/** An item of the answer that is being told. */
interface OpenItem {
  readonly kind: "message" | "reasoning" | "function_call";
  readonly id: string;
  readonly index: number;
  /** Its text, or the arguments of the call. */
  text: string;
  /** Whether reasoning has a part with text yet. */
  summarized: boolean;
  readonly call: { toolCallId: string; toolName: string };
}

/**
 * The events of `POST /v1/responses` with `stream`, in OpenAI's order: created, in_progress; of each item added, its parts and
 * deltas, done; completed or incomplete. Each has the next `sequence_number`. There is no `[DONE]`.
 */
export function responseStream(call: ResponseCall, head: AnswerHead): StreamWriter {
  const open = new Map<string, OpenItem>();
  const output: ResponseOutputItem[] = [];
  let sequence = 0;
  let items = 0;
  let usage: Usage | undefined;
  let incomplete: ReturnType<typeof incompleteBecause>;

  const event = (type: string, rest: object): string => {
    const body = { type, sequence_number: sequence++, ...rest };
    return `event: ${type}\ndata: ${JSON.stringify(body)}\n\n`;
  };
  const stateEvent = (type: string, state: Partial<Parameters<typeof responseObject>[2]>): string =>
    event(type, {
      response: responseObject(call, head, { status: "in_progress", output, usage, ...state }),
    });
  const begin = (): string =>
    sequence > 0 ? "" : stateEvent("response.created", {}) + stateEvent("response.in_progress", {});

  const openItem = (key: string, kind: OpenItem["kind"], name = ""): string => {
    const prefix = ({ message: "msg", reasoning: "rs", function_call: "fc" } as const)[kind];
    const index = items++;
    const id = itemId(head, prefix, index);
    const item = {
      kind,
      id,
      index,
      text: "",
      summarized: false,
      call: { toolCallId: key, toolName: name },
    };
    open.set(`${kind} ${key}`, item);
    const added = event("response.output_item.added", {
      output_index: index,
      item: itemOf(item, "in_progress"),
    });
    if (kind !== "message") return added;
    return added + event("response.content_part.added", { ...at(item), part: outputText("") });
  };
  const itemOf = (
    item: OpenItem,
    status: "in_progress" | "completed",
    metadata?: SharedV4ProviderMetadata,
  ): ResponseOutputItem => {
    const { kind, id, text, call: of } = item;
    const done = status === "completed";
    switch (kind) {
      case "message":
        return messageItem(id, done ? text : undefined, status);
      case "reasoning":
        return reasoningItem(id, text, status, sealedFor(call, metadata));
      case "function_call":
        return functionCallItem(id, { ...of, input: text }, status, metadata);
    }
  };

  const append = (item: OpenItem | undefined, delta: string): string => {
    if (item === undefined || delta === "") return "";
    item.text += delta;
    switch (item.kind) {
      case "message":
        return event("response.output_text.delta", { ...at(item), delta, logprobs: [] });
      case "function_call":
        return event("response.function_call_arguments.delta", { ...of(item), delta });
      case "reasoning": {
        const part = { type: "summary_text", text: "" };
        const first = item.summarized
          ? ""
          : event("response.reasoning_summary_part.added", { ...summaryAt(item), part });
        item.summarized = true;
        return (
          first + event("response.reasoning_summary_text.delta", { ...summaryAt(item), delta })
        );
      }
    }
  };

  const close = (
    kind: OpenItem["kind"],
    key: string,
    metadata?: SharedV4ProviderMetadata,
  ): string => {
    const item = open.get(`${kind} ${key}`);
    if (item === undefined) return "";
    open.delete(`${kind} ${key}`);
    const whole = itemOf(item, "completed", metadata);
    output[item.index] = whole;
    return (
      endOfText(item) +
      event("response.output_item.done", { output_index: item.index, item: whole })
    );
  };
  const endOfText = (item: OpenItem): string => {
    const { kind, text } = item;
    switch (kind) {
      case "message":
        return (
          event("response.output_text.done", { ...at(item), text, logprobs: [] }) +
          event("response.content_part.done", { ...at(item), part: outputText(text) })
        );
      case "function_call":
        return event("response.function_call_arguments.done", {
          ...of(item),
          name: item.call.toolName,
          arguments: text,
        });
      case "reasoning": {
        if (!item.summarized) return "";
        const part = { type: "summary_text", text };
        return (
          event("response.reasoning_summary_text.done", { ...summaryAt(item), text }) +
          event("response.reasoning_summary_part.done", { ...summaryAt(item), part })
        );
      }
    }
  };
  const closeAll = () =>
    [...open.values()].map((item) => close(item.kind, item.call.toolCallId)).join("");

  const eventsOf = (part: LanguageModelV4StreamPart): string => {
    switch (part.type) {
      case "text-start":
        return openItem(part.id, "message");
      case "text-delta":
        return append(open.get(`message ${part.id}`), part.delta);
      case "text-end":
        return close("message", part.id);
      case "reasoning-start":
        return openItem(part.id, "reasoning");
      case "reasoning-delta":
        return append(open.get(`reasoning ${part.id}`), part.delta);
      case "reasoning-end":
        return close("reasoning", part.id, part.providerMetadata);
      case "tool-input-start":
        return openItem(part.id, "function_call", part.toolName);
      case "tool-input-delta":
        return append(open.get(`function_call ${part.id}`), part.delta);
      case "tool-call": {
        const key = `function_call ${part.toolCallId}`;
        const added = open.has(key)
          ? ""
          : openItem(part.toolCallId, "function_call", part.toolName);
        const item = open.get(key);
        // some providers tell a call as a whole
        const whole = item?.text === "" ? append(item, part.input) : "";
        return added + whole + close("function_call", part.toolCallId, part.providerMetadata);
      }
      case "finish":
        usage = usageOfModel(part.usage);
        incomplete = incompleteBecause(part.finishReason);
        return closeAll();
      default:
        return "";
    }
  };

  return {
    get usage() {
      return usage;
    },
    write: (part) => begin() + eventsOf(part),
    end() {
      const rest = begin() + closeAll();
      return incomplete === undefined
        ? rest + stateEvent("response.completed", { status: "completed" })
        : rest + stateEvent("response.incomplete", { status: "incomplete", incomplete });
    },
    fail({ body: { error } }) {
      const { message, param } = error;
      const code = error.code ?? "server_error";
      return (
        begin() +
        event("error", { code, message, param }) +
        stateEvent("response.failed", { status: "failed", error: { code, message } })
      );
    },
  };
}

const of = ({ id, index }: OpenItem) => ({ item_id: id, output_index: index });
const at = (item: OpenItem) => ({ ...of(item), content_index: 0 });
const summaryAt = (item: OpenItem) => ({ ...of(item), summary_index: 0 });
