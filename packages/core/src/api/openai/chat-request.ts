import { z } from "zod";
import {
  GoogleExtra,
  JsonSchemaObject,
  ReasoningEffort,
  samplingFields,
  ToolName,
} from "./shared.ts";

const TextPart = z.looseObject({ type: z.literal("text"), text: z.string() });

const ImagePart = z.looseObject({
  type: z.literal("image_url"),
  image_url: z.looseObject({
    url: z.string().min(1),
    detail: z.enum(["auto", "low", "high", "original"]).nullish(),
  }),
});

const AudioPart = z.looseObject({
  type: z.literal("input_audio"),
  input_audio: z.looseObject({ data: z.string().min(1), format: z.enum(["wav", "mp3"]) }),
});

const FilePart = z.looseObject({
  type: z.literal("file"),
  file: z.looseObject({
    file_data: z.string().nullish(),
    filename: z.string().max(255).nullish(),
    file_id: z.string().nullish(),
  }),
});

const RefusalPart = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });

const Text = z.union([z.string(), z.array(z.discriminatedUnion("type", [TextPart])).min(1)]);

export const ChatUserPart = z.discriminatedUnion("type", [
  TextPart,
  ImagePart,
  AudioPart,
  FilePart,
]);
export type ChatUserPart = z.infer<typeof ChatUserPart>;

export const ChatToolCall = z.looseObject({
  id: z.string().min(1).max(512),
  type: z.literal("function").default("function"),
  function: z.looseObject({ name: ToolName, arguments: z.string() }),
  extra_content: GoogleExtra,
});
export type ChatToolCall = z.infer<typeof ChatToolCall>;

export const ChatMessage = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: Text }),
  z.looseObject({
    role: z.literal("user"),
    content: z.union([z.string(), z.array(ChatUserPart).min(1)]),
  }),
  z.looseObject({
    role: z.literal("assistant"),
    content: z
      .union([
        z.string(),
        z.array(z.discriminatedUnion("type", [TextPart, RefusalPart])).min(1),
        z.null(),
      ])
      .optional(),
    refusal: z.string().nullish(),
    tool_calls: z.array(ChatToolCall).nullish(),
    /** What servers of open models call the reasoning that came before the answer. */
    reasoning_content: z.string().nullish(),
  }),
  z.looseObject({ role: z.literal("tool"), content: Text, tool_call_id: z.string().min(1) }),
]);
export type ChatMessage = z.infer<typeof ChatMessage>;

export const ChatTool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({
    name: ToolName,
    description: z.string().nullish(),
    parameters: JsonSchemaObject.nullish(),
    strict: z.boolean().nullish(),
  }),
});
export type ChatTool = z.infer<typeof ChatTool>;

const ChatToolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: ToolName }) }),
]);

const ChatResponseFormat = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({
      name: ToolName,
      description: z.string().nullish(),
      schema: JsonSchemaObject.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/** What `POST /v1/chat/completions` takes. Fields that nobody here knows are let through and not used. */
export const ChatCompletionRequest = z.looseObject({
  ...samplingFields,
  messages: z.array(ChatMessage).min(1),
  tools: z.array(ChatTool).max(512).nullish(),
  tool_choice: ChatToolChoice.nullish(),
  response_format: ChatResponseFormat.nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string().min(1)).max(16)]).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  n: z.literal(1, { error: "one answer a request: n is 1" }).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  reasoning_effort: ReasoningEffort.nullish(),
  verbosity: z.enum(["low", "medium", "high"]).nullish(),
});
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;
