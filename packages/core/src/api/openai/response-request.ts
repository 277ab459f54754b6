import { z } from "zod";
import {
  GoogleExtra,
  JsonSchemaObject,
  ReasoningEffort,
  samplingFields,
  ToolName,
} from "./shared.ts";

const InputText = z.looseObject({ type: z.literal("input_text"), text: z.string() });

const InputImage = z.looseObject({
  type: z.literal("input_image"),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
  detail: z.enum(["auto", "low", "high", "original"]).nullish(),
});

const InputFile = z.looseObject({
  type: z.literal("input_file"),
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  file_id: z.string().nullish(),
  filename: z.string().max(255).nullish(),
});

const OutputText = z.looseObject({ type: z.literal("output_text"), text: z.string() });
const Refusal = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });

export const ResponseContentPart = z.discriminatedUnion("type", [
  InputText,
  InputImage,
  InputFile,
  OutputText,
  Refusal,
]);
export type ResponseContentPart = z.infer<typeof ResponseContentPart>;

const MessageItem = z.looseObject({
  type: z.literal("message"),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), z.array(ResponseContentPart)]),
});

const FunctionCallItem = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1).max(512),
  name: ToolName,
  arguments: z.string(),
  extra_content: GoogleExtra,
});

const FunctionCallOutputItem = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1).max(512),
  output: z.union([z.string(), z.array(ResponseContentPart)]),
});

const ReasoningItem = z.looseObject({
  type: z.literal("reasoning"),
  summary: z.array(z.looseObject({ type: z.literal("summary_text"), text: z.string() })),
  encrypted_content: z.string().nullish(),
});

/** An item without a type is a message: OpenAI's short form. */
export const ResponseInputItem = z.preprocess(
  (item) =>
    typeof item === "object" && item !== null && !("type" in item)
      ? { ...item, type: "message" }
      : item,
  z.discriminatedUnion("type", [
    MessageItem,
    FunctionCallItem,
    FunctionCallOutputItem,
    ReasoningItem,
  ]),
);
export type ResponseInputItem = z.infer<typeof ResponseInputItem>;

export const ResponseTool = z.looseObject({
  type: z.literal("function", {
    error: "only functions: tools that OpenAI runs are not offered here",
  }),
  name: ToolName,
  description: z.string().nullish(),
  parameters: JsonSchemaObject.nullish(),
  strict: z.boolean().nullish(),
});
export type ResponseTool = z.infer<typeof ResponseTool>;

const ResponseToolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.looseObject({ type: z.literal("function"), name: ToolName }),
]);

const ResponseTextFormat = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    name: ToolName,
    description: z.string().nullish(),
    schema: JsonSchemaObject,
    strict: z.boolean().nullish(),
  }),
]);

/** What `POST /v1/responses` takes. Nothing of it is stored: each request brings its whole conversation. */
export const ResponseRequest = z.looseObject({
  ...samplingFields,
  input: z.union([z.string(), z.array(ResponseInputItem).min(1)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  tools: z.array(ResponseTool).max(512).nullish(),
  tool_choice: ResponseToolChoice.nullish(),
  text: z
    .looseObject({
      format: ResponseTextFormat.nullish(),
      verbosity: z.enum(["low", "medium", "high"]).nullish(),
    })
    .nullish(),
  reasoning: z
    .looseObject({
      effort: ReasoningEffort.nullish(),
      summary: z.enum(["auto", "concise", "detailed"]).nullish(),
    })
    .nullish(),
  include: z.array(z.string()).nullish(),
  truncation: z.enum(["auto", "disabled"]).nullish(),
});
export type ResponseRequest = z.infer<typeof ResponseRequest>;
