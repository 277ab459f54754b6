import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ToolChoice,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ReasoningEffort } from "@nofx/core/api/openai";
import type { ModelCapability } from "@nofx/core/model-router";
import { wrongField } from "./parse-request.ts";

/** What both APIs say in the same words. */
export interface SamplingSettings {
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly parallel_tool_calls?: boolean | null | undefined;
  readonly user?: string | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  readonly prompt_cache_key?: string | null | undefined;
  readonly service_tier?: string | null | undefined;
}

/** Refuses what would change the meaning or the price of a call if it were passed over in silence. */
export function refuseUnsupported(
  request: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, string>>,
): void {
  for (const [param, instead] of Object.entries(fields)) {
    const value = request[param];
    if (value !== undefined && value !== null && value !== false && value !== 0) {
      throw wrongField(param, instead, "unsupported_parameter");
    }
  }
  const tier = request.service_tier;
  if (tier !== undefined && tier !== null && tier !== "auto" && tier !== "default") {
    throw wrongField(
      "service_tier",
      "only auto and default: the prices of others are not known here.",
    );
  }
}

/** Temperature and the like, and by provider what has no common name. */
export function samplingOf(
  request: SamplingSettings,
  openai: Record<string, unknown>,
): Pick<LanguageModelV4CallOptions, "temperature" | "topP" | "providerOptions"> {
  const { parallel_tool_calls: parallel, prompt_cache_key: cacheKey } = request;
  const user = request.user ?? undefined;
  const known = request.safety_identifier ?? user;
  const all = {
    openai: {
      ...openai,
      parallelToolCalls: parallel,
      promptCacheKey: cacheKey,
      safetyIdentifier: request.safety_identifier,
      user,
      // kept by nobody but us, and by us where the tenant says so
      store: false,
    },
    anthropic: {
      disableParallelToolUse: parallel === false ? true : undefined,
      metadata: known === undefined ? undefined : { userId: known },
    },
    mistral: {
      parallelToolCalls: parallel,
      promptCacheKey: cacheKey,
      strictJsonSchema: openai.strictJsonSchema,
    },
    openaiCompatible: {
      user,
      strictJsonSchema: openai.strictJsonSchema,
      textVerbosity: openai.textVerbosity,
      logit_bias: openai.logitBias,
      parallel_tool_calls: parallel,
    },
  };
  return {
    ...(request.temperature != null && { temperature: request.temperature }),
    ...(request.top_p != null && { topP: request.top_p }),
    providerOptions: JSON.parse(
      JSON.stringify(all, (_key, value: unknown) => (value === null ? undefined : value)),
    ) as SharedV4ProviderOptions,
  };
}

interface FunctionSettings {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: Record<string, unknown> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

export function toolOf(tool: FunctionSettings): LanguageModelV4FunctionTool {
  return {
    type: "function",
    name: tool.name,
    ...(tool.description != null && { description: tool.description }),
    inputSchema: tool.parameters ?? { type: "object", properties: {} },
    ...(tool.strict != null && { strict: tool.strict }),
  };
}

/** Refuses a tool that is named twice, or chosen and not there. */
export function toolsOf(
  tools: readonly FunctionSettings[],
  choice: "none" | "auto" | "required" | { name: string } | undefined,
): Pick<LanguageModelV4CallOptions, "tools" | "toolChoice"> {
  const names = tools.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1) throw wrongField(`tools[${twice}]`, `${names[twice]} is there twice.`);
  if (typeof choice === "object" && !names.includes(choice.name)) {
    throw wrongField("tool_choice", `there is no tool ${choice.name}.`);
  }
  if (choice === "required" && names.length === 0) {
    throw wrongField("tool_choice", "a call is required, and there are no tools.");
  }
  if (names.length === 0) return {};
  return {
    tools: tools.map(toolOf),
    ...(choice !== undefined && { toolChoice: toolChoiceOf(choice) }),
  };
}

function toolChoiceOf(choice: string | { name: string }): LanguageModelV4ToolChoice {
  if (typeof choice === "object") return { type: "tool", toolName: choice.name };
  return { type: choice as "none" | "auto" | "required" };
}

interface FormatSettings {
  readonly type: "text" | "json_object" | "json_schema";
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly schema?: Record<string, unknown> | null | undefined;
}

export function responseFormatOf(
  format: FormatSettings | null | undefined,
): Pick<LanguageModelV4CallOptions, "responseFormat"> {
  if (format == null || format.type === "text") return {};
  if (format.type === "json_object") return { responseFormat: { type: "json" } };
  return {
    responseFormat: {
      type: "json",
      ...(format.schema != null && { schema: format.schema }),
      ...(format.name !== undefined && { name: format.name }),
      ...(format.description != null && { description: format.description }),
    },
  };
}

export function reasoningOf(
  effort: ReasoningEffort | null | undefined,
): Pick<LanguageModelV4CallOptions, "reasoning"> {
  return effort == null ? {} : { reasoning: effort };
}

/** What a model has to be able to do for these options. */
export function needsOf(options: LanguageModelV4CallOptions, stream: boolean): ModelCapability[] {
  const images = options.prompt.some(
    ({ content }) =>
      typeof content !== "string" &&
      content.some((part) => part.type === "file" && part.mediaType.startsWith("image")),
  );
  const thinks = options.reasoning !== undefined && options.reasoning !== "none";
  return [
    "text",
    ...(options.tools === undefined ? [] : ["tools" as const]),
    ...(options.responseFormat?.type === "json" ? ["json" as const] : []),
    ...(images ? ["vision" as const] : []),
    ...(thinks ? ["reasoning" as const] : []),
    ...(stream ? ["streaming" as const] : []),
  ];
}
