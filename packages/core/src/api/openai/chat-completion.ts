import { z } from "zod";

export const ChatUsage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({
    cached_tokens: z.int(),
    cache_write_tokens: z.int(),
    audio_tokens: z.int(),
  }),
  completion_tokens_details: z.object({
    reasoning_tokens: z.int(),
    audio_tokens: z.int(),
    accepted_prediction_tokens: z.int(),
    rejected_prediction_tokens: z.int(),
  }),
});
export type ChatUsage = z.infer<typeof ChatUsage>;

export const ChatFinishReason = z.enum(["stop", "length", "tool_calls", "content_filter"]);
export type ChatFinishReason = z.infer<typeof ChatFinishReason>;

export const AnsweredToolCall = z.object({
  id: z.string(),
  type: z.literal("function"),
  function: z.object({ name: z.string(), arguments: z.string() }),
  extra_content: z.object({ google: z.object({ thought_signature: z.string() }) }).optional(),
});
export type AnsweredToolCall = z.infer<typeof AnsweredToolCall>;

/** What `POST /v1/chat/completions` answers. */
export const ChatCompletion = z.object({
  id: z.string(),
  object: z.literal("chat.completion"),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        refusal: z.string().nullable(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(AnsweredToolCall).optional(),
      }),
      logprobs: z.null(),
      finish_reason: ChatFinishReason,
    }),
  ),
  usage: ChatUsage.optional(),
});
export type ChatCompletion = z.infer<typeof ChatCompletion>;

/** One event of a streamed answer. */
export const ChatCompletionChunk = z.object({
  id: z.string(),
  object: z.literal("chat.completion.chunk"),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal("assistant").optional(),
        content: z.string().nullable().optional(),
        refusal: z.null().optional(),
        reasoning_content: z.string().optional(),
        tool_calls: z
          .array(
            z.object({
              index: z.int(),
              id: z.string().optional(),
              type: z.literal("function").optional(),
              function: z.object({ name: z.string().optional(), arguments: z.string() }),
              extra_content: AnsweredToolCall.shape.extra_content,
            }),
          )
          .optional(),
      }),
      logprobs: z.null(),
      finish_reason: ChatFinishReason.nullable(),
    }),
  ),
  /** Null but in the last chunk, where it was asked for; else left out. */
  usage: ChatUsage.nullable().optional(),
});
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
