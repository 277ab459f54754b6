import type { LanguageModelV4GenerateResult, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { ResponseOutputItem } from "@nofx/core/api/openai";
import { extraContentOf } from "./answer-parts.ts";
import type { AnswerHead, ResponseCall } from "./model-call.ts";
import { sealReasoning } from "./reasoning-blob.ts";

type Status = "in_progress" | "completed" | "incomplete";
type Item<T extends ResponseOutputItem["type"]> = Extract<ResponseOutputItem, { type: T }>;

/** Ids of a response's items are made of its own: the same answer, the same ids. */
export function itemId(head: AnswerHead, prefix: "msg" | "fc" | "rs", index: number): string {
  return `${prefix}_${head.id.replace(/^resp_/, "")}${index.toString(16).padStart(4, "0")}`;
}

export const outputText = (text: string) => ({
  type: "output_text" as const,
  text,
  annotations: [],
  logprobs: [],
});

/** Without text: a message that has only begun. */
export function messageItem(id: string, text: string | undefined, status: Status): Item<"message"> {
  const content = text === undefined ? [] : [outputText(text)];
  return { id, type: "message", role: "assistant", status, content };
}

export function functionCallItem(
  id: string,
  call: { toolCallId: string; toolName: string; input: string },
  status: Status,
  metadata?: SharedV4ProviderMetadata,
): Item<"function_call"> {
  const extra = extraContentOf(metadata);
  return {
    id,
    type: "function_call",
    status,
    call_id: call.toolCallId,
    name: call.toolName,
    arguments: call.input,
    ...(extra !== undefined && { extra_content: extra }),
  };
}

export function reasoningItem(
  id: string,
  text: string,
  status: Status,
  sealed: string | undefined,
): Item<"reasoning"> {
  const summary = text === "" ? [] : [{ type: "summary_text" as const, text }];
  return { id, type: "reasoning", summary, encrypted_content: sealed ?? null, status };
}

/** For sending back with the next request: given out only where that was asked for. */
export function sealedFor(
  { request }: ResponseCall,
  metadata: SharedV4ProviderMetadata | undefined,
): string | undefined {
  const wanted = request.include?.includes("reasoning.encrypted_content") === true;
  return wanted ? sealReasoning(metadata) : undefined;
}

/** Why an answer is not whole; undefined where it is. */
export function incompleteBecause({
  unified,
}: LanguageModelV4GenerateResult["finishReason"]):
  | "max_output_tokens"
  | "content_filter"
  | undefined {
  if (unified === "length") return "max_output_tokens";
  return unified === "content-filter" ? "content_filter" : undefined;
}
