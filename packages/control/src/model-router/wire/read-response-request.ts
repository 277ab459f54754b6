import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4TextPart,
} from "@ai-sdk/provider";
import {
  ResponseRequest,
  type ResponseContentPart,
  type ResponseInputItem,
} from "@nofx/core/api/openai";
import {
  needsOf,
  reasoningOf,
  refuseUnsupported,
  responseFormatOf,
  samplingOf,
  toolsOf,
} from "./call-settings.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { ResponseCall } from "./model-call.ts";
import { parseRequest, wrongField } from "./parse-request.ts";
import { buildPrompt, toolCallPart, type PromptBuilder } from "./prompt-builder.ts";
import { readFile, readImage } from "./read-file-part.ts";
import { unsealReasoning } from "./reasoning-blob.ts";

const UNSUPPORTED = {
  previous_response_id: "answers are not kept here: send the whole conversation as input.",
  conversation: "conversations are not kept here: send the whole conversation as input.",
  background: "not offered here: leave it out, or ask in a run.",
  prompt: "stored prompts are not offered here: send instructions and input.",
  top_logprobs: "not offered here.",
};

/** A body of `POST /v1/responses`. Throws OpenAiError (400, with `param`) on what is no request. */
export function readResponseRequest(json: unknown): ResponseCall {
  const request = parseRequest(ResponseRequest, json);
  refuseUnsupported(request, UNSUPPORTED);
  const options = optionsOf(request);
  const stream = request.stream ?? false;
  return {
    api: "responses",
    model: request.model,
    stream,
    request,
    options,
    needs: needsOf(options, stream),
    inputTokens: estimateTokens(options),
    maxOutputTokens: options.maxOutputTokens,
  };
}

function optionsOf(request: ResponseRequest): LanguageModelV4CallOptions {
  const { input, instructions, text, reasoning, tool_choice: choice } = request;
  const builder = buildPrompt();
  if (instructions != null) builder.add({ role: "system", content: instructions });
  if (typeof input === "string") {
    builder.add({ role: "user", content: [{ type: "text", text: input }] });
  } else {
    input.forEach((item, i) => addItem(builder, `input[${i}]`, item));
  }
  const format = text?.format;
  const schema = format?.type === "json_schema" ? format : undefined;
  return {
    prompt: builder.prompt,
    ...samplingOf(request, {
      textVerbosity: text?.verbosity,
      strictJsonSchema: schema === undefined ? undefined : (schema.strict ?? true),
      reasoningSummary: reasoning?.summary,
      truncation: request.truncation,
    }),
    ...(request.max_output_tokens != null && { maxOutputTokens: request.max_output_tokens }),
    ...toolsOf(request.tools ?? [], choice ?? undefined),
    ...responseFormatOf(format == null ? undefined : (schema ?? { type: format.type })),
    ...reasoningOf(reasoning?.effort),
  };
}

function addItem(builder: PromptBuilder, param: string, item: ResponseInputItem): void {
  switch (item.type) {
    case "message":
      return addMessage(builder, param, item);
    case "function_call":
      return builder.addAssistant(
        toolCallPart(
          { id: item.call_id, name: item.name, arguments: item.arguments },
          item.extra_content?.google?.thought_signature,
        ),
      );
    case "function_call_output":
      return builder.addResult(`${param}.call_id`, item.call_id, {
        type: "text",
        value: textOf(`${param}.output`, item.output),
      });
    case "reasoning": {
      const providerOptions = unsealReasoning(item.encrypted_content);
      const text = item.summary.map((part) => part.text).join("\n\n");
      // without its seal no provider takes it back
      if (providerOptions === undefined) return undefined;
      return builder.addAssistant({ type: "reasoning", text, providerOptions });
    }
  }
}

function addMessage(
  builder: PromptBuilder,
  param: string,
  { role, content }: Extract<ResponseInputItem, { type: "message" }>,
): void {
  switch (role) {
    case "system":
    case "developer":
      return builder.add({ role: "system", content: textOf(`${param}.content`, content) });
    case "assistant":
      return builder.addAssistant({ type: "text", text: textOf(`${param}.content`, content) });
    case "user": {
      const parts =
        typeof content === "string"
          ? [{ type: "text" as const, text: content }]
          : content.map((part, i) => userPart(`${param}.content[${i}]`, part));
      return builder.add({ role: "user", content: parts });
    }
  }
}

function userPart(
  param: string,
  part: ResponseContentPart,
): LanguageModelV4TextPart | LanguageModelV4FilePart {
  switch (part.type) {
    case "input_text":
    case "output_text":
      return { type: "text", text: part.text };
    case "refusal":
      return { type: "text", text: part.refusal };
    case "input_image":
      if (part.image_url == null) {
        throw wrongField(param, "give image_url: files by their id are not kept here.");
      }
      return readImage(`${param}.image_url`, part.image_url, part.detail);
    case "input_file":
      return readFile(param, { data: part.file_data, url: part.file_url, name: part.filename });
  }
}

function textOf(param: string, content: string | readonly ResponseContentPart[]): string {
  if (typeof content === "string") return content;
  return content
    .map((part, i) => {
      const read = userPart(`${param}[${i}]`, part);
      if (read.type === "text") return read.text;
      throw wrongField(`${param}[${i}]`, "only text is taken here.");
    })
    .join("");
}
