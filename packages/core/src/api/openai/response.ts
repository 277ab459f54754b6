import { z } from "zod";
import { AnsweredToolCall } from "./chat-completion.ts";

export const ResponseUsage = z.object({
  input_tokens: z.int(),
  input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
  output_tokens: z.int(),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
});
export type ResponseUsage = z.infer<typeof ResponseUsage>;

const ItemStatus = z.enum(["in_progress", "completed", "incomplete"]);

export const ResponseOutputText = z.object({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.array(z.unknown()),
  logprobs: z.array(z.unknown()),
});
export type ResponseOutputText = z.infer<typeof ResponseOutputText>;

export const ResponseSummaryText = z.object({ type: z.literal("summary_text"), text: z.string() });
export type ResponseSummaryText = z.infer<typeof ResponseSummaryText>;

export const ResponseOutputItem = z.discriminatedUnion("type", [
  z.object({
    id: z.string(),
    type: z.literal("message"),
    role: z.literal("assistant"),
    status: ItemStatus,
    content: z.array(ResponseOutputText),
  }),
  z.object({
    id: z.string(),
    type: z.literal("function_call"),
    status: ItemStatus,
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
    extra_content: AnsweredToolCall.shape.extra_content,
  }),
  z.object({
    id: z.string(),
    type: z.literal("reasoning"),
    summary: z.array(ResponseSummaryText),
    encrypted_content: z.string().nullable(),
    status: ItemStatus,
  }),
]);
export type ResponseOutputItem = z.infer<typeof ResponseOutputItem>;

/** What `POST /v1/responses` answers, and the events of its stream repeat. */
export const ResponseObject = z.looseObject({
  id: z.string(),
  object: z.literal("response"),
  created_at: z.int(),
  status: z.enum(["in_progress", "completed", "incomplete", "failed"]),
  background: z.literal(false),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z
    .object({ reason: z.enum(["max_output_tokens", "content_filter"]) })
    .nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  model: z.string(),
  output: z.array(ResponseOutputItem),
  usage: ResponseUsage.nullable(),
  /** Nothing is kept that a later request could name. */
  store: z.literal(false),
  previous_response_id: z.null(),
});
export type ResponseObject = z.infer<typeof ResponseObject>;
