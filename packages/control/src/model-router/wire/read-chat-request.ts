import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { ChatCompletionRequest, type ChatMessage, type ChatUserPart } from "@nofx/core/api/openai";
import {
  needsOf,
  reasoningOf,
  refuseUnsupported,
  responseFormatOf,
  samplingOf,
  toolsOf,
} from "./call-settings.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { ChatCall } from "./model-call.ts";
import { parseRequest } from "./parse-request.ts";
import { buildPrompt, toolCallPart, type PromptBuilder } from "./prompt-builder.ts";
import { readFile, readImage } from "./read-file-part.ts";

const UNSUPPORTED = {
  functions: "use tools.",
  function_call: "use tool_choice.",
  logprobs: "not offered here.",
  top_logprobs: "not offered here.",
  audio: "answers are text.",
  web_search_options: "not offered here: give the model a tool.",
};

/** A body of `POST /v1/chat/completions`. Throws OpenAiError (400, with `param`) on what is no request. */
export function readChatRequest(json: unknown): ChatCall {
  const request = parseRequest(ChatCompletionRequest, json);
  refuseUnsupported(request, UNSUPPORTED);
  const options = optionsOf(request);
  const stream = request.stream ?? false;
  return {
    api: "chat",
    model: request.model,
    stream,
    request,
    options,
    needs: needsOf(options, stream),
    inputTokens: estimateTokens(options),
    maxOutputTokens: options.maxOutputTokens,
  };
}

function optionsOf(request: ChatCompletionRequest): LanguageModelV4CallOptions {
  const builder = buildPrompt();
  request.messages.forEach((message, i) => addMessage(builder, `messages[${i}]`, message));
  const { response_format: format, tool_choice: choice, stop } = request;
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens;
  const schema = format?.type === "json_schema" ? format.json_schema : undefined;
  return {
    prompt: builder.prompt,
    ...samplingOf(request, {
      logitBias: request.logit_bias,
      textVerbosity: request.verbosity,
      strictJsonSchema: schema === undefined ? undefined : (schema.strict ?? false),
    }),
    ...(maxOutputTokens != null && { maxOutputTokens }),
    ...(request.frequency_penalty != null && { frequencyPenalty: request.frequency_penalty }),
    ...(request.presence_penalty != null && { presencePenalty: request.presence_penalty }),
    ...(request.seed != null && { seed: request.seed }),
    ...(stop != null && { stopSequences: typeof stop === "string" ? [stop] : stop }),
    ...toolsOf(
      (request.tools ?? []).map((tool) => tool.function),
      typeof choice === "object" ? (choice?.function ?? undefined) : choice,
    ),
    ...responseFormatOf(
      format == null ? undefined : { type: format.type, ...(schema !== undefined && schema) },
    ),
    ...reasoningOf(request.reasoning_effort),
  };
}

function addMessage(builder: PromptBuilder, param: string, message: ChatMessage): void {
  switch (message.role) {
    case "system":
    case "developer":
      return builder.add({ role: "system", content: textOf(message.content) });
    case "user": {
      const content =
        typeof message.content === "string"
          ? [{ type: "text" as const, text: message.content }]
          : message.content.map((part, i) => userPart(`${param}.content[${i}]`, part));
      return builder.add({ role: "user", content });
    }
    case "assistant": {
      const { reasoning_content: reasoning, refusal, tool_calls: calls } = message;
      const text = textOf(message.content ?? refusal ?? "");
      return builder.addAssistant(
        ...(reasoning ? [{ type: "reasoning" as const, text: reasoning }] : []),
        ...(text === "" ? [] : [{ type: "text" as const, text }]),
        ...(calls ?? []).map((call) =>
          toolCallPart(
            { id: call.id, ...call.function },
            call.extra_content?.google?.thought_signature,
          ),
        ),
      );
    }
    case "tool":
      return builder.addResult(`${param}.tool_call_id`, message.tool_call_id, {
        type: "text",
        value: textOf(message.content),
      });
  }
}

function userPart(param: string, part: ChatUserPart) {
  switch (part.type) {
    case "text":
      return { type: "text" as const, text: part.text };
    case "image_url":
      return readImage(`${param}.image_url.url`, part.image_url.url, part.image_url.detail);
    case "file":
      return readFile(`${param}.file`, { data: part.file.file_data, name: part.file.filename });
    case "input_audio": {
      const { format, data } = part.input_audio;
      const mediaType = format === "mp3" ? "audio/mpeg" : "audio/wav";
      return { type: "file" as const, mediaType, data: { type: "data" as const, data } };
    }
  }
}

type TextContent = string | readonly ({ text: string } | { refusal: string })[];

function textOf(content: TextContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => ("text" in part ? part.text : part.refusal)).join("");
}
