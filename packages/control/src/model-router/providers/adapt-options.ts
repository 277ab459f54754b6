import type { LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider";
import type { ProviderKind } from "@nofx/core/model-router";

const ANY_JSON = "Answer with one JSON object and nothing else: no text around it, no code fence.";

/** Makes a call one that this provider takes, where the AI SDK would throw or the provider refuse. */
export function adaptOptions(
  kind: ProviderKind,
  options: LanguageModelV4CallOptions,
): LanguageModelV4CallOptions {
  switch (kind) {
    case "anthropic":
      return systemFirst(withoutUnsealedThinking(withJsonInstruction(options)));
    case "google":
      return systemFirst(options);
    case "openai":
    case "openai_compatible":
    case "mistral":
    case "simulated":
      return options;
  }
}

/** For who takes instructions at the beginning alone. */
function systemFirst(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const of = (system: boolean) =>
    options.prompt.filter(({ role }) => (role === "system") === system);
  return { ...options, prompt: [...of(true), ...of(false)] };
}

/** For who knows JSON by a schema, but not JSON of any form. */
function withJsonInstruction(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { responseFormat, prompt } = options;
  if (responseFormat?.type !== "json" || responseFormat.schema !== undefined) return options;
  return { ...options, prompt: [{ role: "system", content: ANY_JSON }, ...prompt] };
}

/**
 * Anthropic's models go on thinking after a tool's answer only where they are shown what they thought before it, with its seal.
 * Chat completions have no place for seals: what would be refused is answered without thinking.
 */
function withoutUnsealedThinking(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { reasoning, prompt } = options;
  if (reasoning === undefined || reasoning === "none") return options;
  const sinceAsked = prompt.slice(prompt.findLastIndex(({ role }) => role === "user") + 1);
  return sinceAsked.some(callsUnsealed) ? { ...options, reasoning: "none" } : options;
}

function callsUnsealed({ role, content }: LanguageModelV4Message): boolean {
  if (role !== "assistant" || !content.some(({ type }) => type === "tool-call")) return false;
  return !content.some(
    ({ type, providerOptions: of }) =>
      type === "reasoning" &&
      (of?.anthropic?.signature !== undefined || of?.anthropic?.redactedData !== undefined),
  );
}
