import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import { NO_USAGE, Usage, type ProviderKind } from "@nofx/core/model-router";

type Raw = Readonly<Record<string, unknown>>;

/**
 * Tokens by the classes that have a price, each token in one of them, whatever the provider counts into what. Undefined where it
 * told nothing: that is not nothing used.
 *
 * - OpenAI, Mistral, compatible servers: what was cached is part of `prompt_tokens`, reasoning part of `completion_tokens`; but
 *   xAI's counts reasoning beside it, and DeepSeek, Moonshot and proxies have names of their own for what was cached.
 * - Anthropic: `input_tokens` is without what was read from or written to its cache; thinking is part of `output_tokens`.
 * - Google: `promptTokenCount` is with what was cached, `candidatesTokenCount` without thoughts.
 */
export function wireUsage(kind: ProviderKind, told: LanguageModelV4Usage): Usage | undefined {
  const { inputTokens: given, outputTokens: made } = told;
  const raw: Raw = told.raw ?? {};
  switch (kind) {
    case "openai":
    case "openai_compatible":
    case "mistral":
      return "prompt_tokens" in raw || kind !== "openai" ? chatUsage(raw) : asTold(told);
    case "anthropic":
    case "google":
      return given.total === undefined || made.total === undefined ? undefined : asTold(told);
    case "simulated":
      return asTold(told);
  }
}

function asTold({
  inputTokens: given,
  outputTokens: made,
}: LanguageModelV4Usage): Usage | undefined {
  if (given.total === undefined || made.total === undefined) return undefined;
  const cacheRead = given.cacheRead ?? 0;
  const cacheWrite = given.cacheWrite ?? 0;
  const reasoning = made.reasoning ?? 0;
  return usage({
    input: given.total - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    output: made.total - reasoning,
    reasoning,
  });
}

/** The usage of a chat completion, in the many ways in which servers fill it. */
function chatUsage(raw: Raw): Usage | undefined {
  const prompt = tokensTold(raw.prompt_tokens);
  const completion = tokensTold(raw.completion_tokens);
  if (prompt === undefined || completion === undefined) return undefined;
  const ofPrompt = record(raw.prompt_tokens_details ?? raw.prompt_token_details);
  const cacheRead =
    tokensTold(ofPrompt.cached_tokens) ??
    tokensTold(raw.num_cached_tokens) ??
    tokensTold(raw.prompt_cache_hit_tokens) ??
    tokensTold(raw.cached_tokens) ??
    tokensTold(raw.cache_read_input_tokens) ??
    0;
  const cacheWrite =
    tokensTold(ofPrompt.cache_write_tokens) ??
    tokensTold(ofPrompt.cache_creation_tokens) ??
    tokensTold(raw.cache_creation_input_tokens) ??
    0;
  const reasoning = tokensTold(record(raw.completion_tokens_details).reasoning_tokens) ?? 0;
  const beside =
    reasoning > completion || tokensTold(raw.total_tokens) === prompt + completion + reasoning;
  return usage({
    input: prompt - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    output: beside ? completion : completion - reasoning,
    reasoning,
  });
}

/** A provider that tells more of a part than of the whole is taken at its word for the part. */
function usage(told: Usage): Usage | undefined {
  const { input, output } = told;
  if (Object.values(told).some((tokens) => tokens > MOST_TOKENS)) return undefined;
  return Usage.safeParse({
    ...NO_USAGE,
    ...told,
    input: Math.max(0, input),
    output: Math.max(0, output),
  }).data;
}

/** More than any model reads or writes: not believed, or a broken count could not be stored, and the call would be lost. */
const MOST_TOKENS = 100_000_000;

/** A number of tokens as a provider tells it; undefined where it is none. */
export const tokensTold = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS
    ? value
    : undefined;

const record = (value: unknown): Raw =>
  typeof value === "object" && value !== null ? (value as Raw) : {};
