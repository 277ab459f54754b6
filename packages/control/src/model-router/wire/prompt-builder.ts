import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultOutput,
} from "@ai-sdk/provider";
import { wrongField } from "./parse-request.ts";

type AssistantPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];

/** A conversation as the AI SDK wants it: answers and results of tools that stand together are one message. */
export interface PromptBuilder {
  readonly prompt: LanguageModelV4Prompt;
  add(message: LanguageModelV4Message): void;
  /** Goes on with the assistant's message that is under way, or begins one. */
  addAssistant(...parts: AssistantPart[]): void;
  /** `param` names the result's id in the request. */
  addResult(param: string, toolCallId: string, output: LanguageModelV4ToolResultOutput): void;
}

export function buildPrompt(): PromptBuilder {
  const prompt: LanguageModelV4Prompt = [];
  const toolNames = new Map<string, string>();
  return {
    prompt,
    add(message) {
      prompt.push(message);
    },
    addAssistant(...parts) {
      for (const part of parts) {
        if (part.type === "tool-call") toolNames.set(part.toolCallId, part.toolName);
      }
      const last = prompt.at(-1);
      if (last?.role === "assistant") last.content.push(...parts);
      else prompt.push({ role: "assistant", content: parts });
    },
    addResult(param, toolCallId, output) {
      const toolName = toolNames.get(toolCallId);
      if (toolName === undefined) {
        throw wrongField(param, "no call of a tool with this id stands before it.");
      }
      const part = { type: "tool-result" as const, toolCallId, toolName, output };
      const last = prompt.at(-1);
      if (last?.role === "tool") last.content.push(part);
      else prompt.push({ role: "tool", content: [part] });
    },
  };
}

/** A call that the model asked for before. What it wrote may be no JSON: it is shown that again, as it was. */
export function toolCallPart(
  call: { id: string; name: string; arguments: string },
  thoughtSignature: string | null | undefined,
): LanguageModelV4ToolCallPart {
  return {
    type: "tool-call",
    toolCallId: call.id,
    toolName: call.name,
    input: argumentsOf(call.arguments),
    ...(thoughtSignature != null && {
      providerOptions: { google: { thoughtSignature }, openaiCompatible: { thoughtSignature } },
    }),
  };
}

function argumentsOf(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // below
  }
  return { invalid_arguments: text };
}
