import type { ResponseObject, ResponseOutputItem } from "@nofx/core/api/openai";
import type { Usage } from "@nofx/core/model-router";
import type { AnswerHead, ResponseCall } from "./model-call.ts";
import { responseUsage } from "./usage-of.ts";

interface ResponseState {
  readonly status: ResponseObject["status"];
  readonly output: readonly ResponseOutputItem[];
  readonly usage?: Usage | undefined;
  readonly incomplete?: "max_output_tokens" | "content_filter" | undefined;
  readonly error?: { code: string; message: string };
}

/** The response as it stands; what was asked for is repeated, as OpenAI does. */
export function responseObject(
  { request }: ResponseCall,
  head: AnswerHead,
  state: ResponseState,
): ResponseObject {
  const { incomplete, usage, error } = state;
  return {
    id: head.id,
    object: "response",
    created_at: head.createdAt,
    status: state.status,
    background: false,
    error: error ?? null,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model: head.model,
    output: [...state.output],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: {
      effort: request.reasoning?.effort ?? null,
      summary: request.reasoning?.summary ?? null,
    },
    store: false,
    temperature: request.temperature ?? 1,
    text: { format: request.text?.format ?? { type: "text" } },
    tool_choice: request.tool_choice ?? "auto",
    tools: request.tools ?? [],
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? "disabled",
    usage: usage === undefined ? null : responseUsage(usage),
    user: request.user ?? null,
    metadata: request.metadata ?? {},
    service_tier: "default",
  };
}
