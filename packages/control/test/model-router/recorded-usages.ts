import type { ProviderKind } from "@nofx/core/model-router";

/** Of a recorded answer what the bill is made of; prices are in USD a million tokens, as at the time. */
export interface Bill {
  readonly what: string;
  readonly kind: Exclude<ProviderKind, "simulated">;
  readonly api?: "responses";
  readonly usage: object;
  /** The parts of the usage that a stream told before, where they differ. */
  readonly first?: object;
  readonly price: readonly [input: string, output: string, cacheRead?: string, cacheWrite?: string];
  readonly tokens: readonly [number, number, number, number, number];
  readonly usd: string;
}

/** Usage as providers have told it, and what they bill for it. */
export const BILLS: readonly Bill[] = [
  {
    what: "OpenAI: what was cached is part of the prompt (its guide to prompt caching)",
    kind: "openai",
    usage: {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    price: ["2.5", "10", "1.25"],
    tokens: [86, 1920, 0, 300, 0],
    usd: "0.005615",
  },
  {
    what: "OpenAI: reasoning is part of the completion (o3-mini-2025-01-31)",
    kind: "openai",
    usage: {
      prompt_tokens: 7,
      completion_tokens: 85,
      total_tokens: 92,
      prompt_tokens_details: { audio_tokens: 0, cached_tokens: 0 },
      completion_tokens_details: {
        accepted_prediction_tokens: 0,
        audio_tokens: 0,
        reasoning_tokens: 64,
        rejected_prediction_tokens: 0,
      },
    },
    price: ["1.1", "4.4", "0.55"],
    tokens: [7, 0, 0, 21, 64],
    usd: "0.0003817",
  },
  {
    what: "OpenAI's responses (gpt-5.6-sol)",
    kind: "openai",
    api: "responses",
    usage: {
      input_tokens: 41,
      input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 46,
    },
    price: ["4", "20", "0.4", "5"],
    tokens: [41, 0, 0, 5, 0],
    usd: "0.000264",
  },
  {
    what: "Anthropic: what went into the cache stands beside the input (claude-sonnet-4-5-20250929)",
    kind: "anthropic",
    usage: {
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 1111 },
      cache_creation_input_tokens: 1111,
      cache_read_input_tokens: 0,
      input_tokens: 3,
      output_tokens: 391,
      service_tier: "standard",
    },
    price: ["3", "15", "0.3", "3.75"],
    tokens: [3, 0, 1111, 391, 0],
    usd: "0.01004025",
  },
  {
    what: "Anthropic: a stream tells the output at its end, thinking is part of it (claude-sonnet-5)",
    kind: "anthropic",
    first: {
      input_tokens: 47,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 2,
      service_tier: "standard",
    },
    usage: {
      input_tokens: 47,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 373,
      output_tokens_details: { thinking_tokens: 62 },
    },
    price: ["2", "10", "0.2", "2.5"],
    tokens: [47, 0, 0, 311, 62],
    usd: "0.003824",
  },
  {
    what: "Google: thoughts and the prompts of its tools stand beside (gemini-3.6-flash)",
    kind: "google",
    usage: {
      promptTokenCount: 55,
      candidatesTokenCount: 51,
      totalTokenCount: 251,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 55 }],
      toolUsePromptTokenCount: 89,
      toolUsePromptTokensDetails: [{ modality: "TEXT", tokenCount: 89 }],
      thoughtsTokenCount: 56,
      serviceTier: "standard",
    },
    price: ["0.75", "3.75", "0.075"],
    tokens: [144, 0, 0, 51, 56],
    usd: "0.00050925",
  },
  {
    what: "Google: what was cached is part of the prompt (gemini-2.5-flash)",
    kind: "google",
    usage: {
      promptTokenCount: 19,
      cachedContentTokenCount: 3,
      candidatesTokenCount: 4,
      toolUsePromptTokenCount: 63,
      thoughtsTokenCount: 56,
      totalTokenCount: 142,
      cacheTokensDetails: [{ modality: "TEXT", tokenCount: 3 }],
    },
    price: ["0.3", "2.5", "0.03"],
    tokens: [79, 3, 0, 4, 56],
    usd: "0.00017379",
  },
  {
    what: "Google: the last count of a stream holds (gemini-3.1-pro-preview)",
    kind: "google",
    first: {
      promptTokenCount: 152,
      candidatesTokenCount: 18,
      totalTokenCount: 264,
      thoughtsTokenCount: 94,
    },
    usage: {
      promptTokenCount: 338,
      candidatesTokenCount: 18,
      totalTokenCount: 450,
      thoughtsTokenCount: 94,
    },
    price: ["2", "12", "0.2"],
    tokens: [338, 0, 0, 18, 94],
    usd: "0.00202",
  },
  {
    what: "Mistral (mistral-small-latest)",
    kind: "mistral",
    usage: {
      prompt_tokens: 19,
      total_tokens: 21,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 0 },
      service_tier: "standard",
    },
    price: ["0.1", "0.3"],
    tokens: [19, 0, 0, 2, 0],
    usd: "0.0000025",
  },
  {
    what: "xAI: reasoning beside the completion; it bills 1399000 ticks itself (grok-3-mini)",
    kind: "openai_compatible",
    usage: {
      prompt_tokens: 291,
      completion_tokens: 26,
      total_tokens: 506,
      prompt_tokens_details: {
        text_tokens: 291,
        audio_tokens: 0,
        image_tokens: 0,
        cached_tokens: 244,
      },
      completion_tokens_details: {
        reasoning_tokens: 189,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
      num_sources_used: 0,
      cost_in_usd_ticks: 1_399_000,
    },
    price: ["0.3", "0.5", "0.075"],
    tokens: [47, 244, 0, 26, 189],
    usd: "0.0001399",
  },
  {
    what: "a gateway that tells its cost: 0.0000344 (grok-4.1-fast-non-reasoning)",
    kind: "openai_compatible",
    usage: {
      prompt_tokens: 675,
      completion_tokens: 1,
      total_tokens: 676,
      cost: 0.0000344,
      prompt_tokens_details: { cached_tokens: 674, audio_tokens: 0, video_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, image_tokens: 0 },
      cache_creation_input_tokens: 0,
    },
    price: ["0.2", "0.5", "0.05"],
    tokens: [1, 674, 0, 1, 0],
    usd: "0.0000344",
  },
  {
    what: "DeepSeek: reasoning is part of the completion (deepseek-reasoner)",
    kind: "openai_compatible",
    usage: {
      completion_tokens: 789,
      completion_tokens_details: { reasoning_tokens: 415 },
      prompt_cache_hit_tokens: 0,
      prompt_cache_miss_tokens: 12,
      prompt_tokens: 12,
      prompt_tokens_details: { cached_tokens: 0 },
      total_tokens: 801,
    },
    price: ["0.55", "2.19", "0.14"],
    tokens: [12, 0, 0, 374, 415],
    usd: "0.00173451",
  },
];
