import {
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from "@pydantic/genai-prices";

/** What is taken over: those who make models, and those who serve open ones under the usual protocol. */
export const PROVIDERS = [
  ["openai", "OpenAI", "openai"],
  ["anthropic", "Anthropic", "anthropic"],
  ["google", "Google", "google"],
  ["mistral", "Mistral", "mistral"],
  ["deepseek", "DeepSeek", "openai_compatible"],
  ["x-ai", "xAI", "openai_compatible"],
  ["groq", "Groq", "openai_compatible"],
  ["together", "Together", "openai_compatible"],
  ["fireworks", "Fireworks", "openai_compatible"],
  ["cerebras", "Cerebras", "openai_compatible"],
  ["moonshotai", "Moonshot", "openai_compatible"],
] as const;

/** [from, above tokens, input, output, cache read, cache write, reasoning]: picodollars a token. */
export type PriceRow = [
  string,
  number,
  number,
  number,
  number | null,
  number | null,
  number | null,
];
/** [provider, name, title, context tokens, aliases, prices]. */
export type ModelRow = [string, string, string, number | null, string[], PriceRow[]];

const BEGINNING = "2020-01-01";
const CLASSES = [
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "output_reasoning_mtok",
] as const;

/** The models that read and write text, of a price list of `@pydantic/genai-prices`. */
export function deriveModels(provider: string): ModelRow[] {
  const found = findProvider({ providerId: provider });
  return (found?.models ?? []).flatMap((model) => {
    const prices = pricesOf(model);
    if (prices.length === 0) return [];
    const { id, name = id, context_window: context = null } = model;
    return [[provider, id, name, context, aliasesOf(model.match, id), prices]];
  });
}

/** A price by the hour of the day is left out: it would be right for half of the calls. */
function pricesOf({ prices }: ModelInfo): PriceRow[] {
  const dated = Array.isArray(prices) ? prices : [{ prices }];
  return dated.flatMap(({ constraint, prices: price }): PriceRow[] => {
    if (constraint?.type === "time_of_date") return [];
    if (price["input_mtok"] === undefined || price["output_mtok"] === undefined) return [];
    const from = constraint?.start_date ?? BEGINNING;
    return tiersOf(price).map((above): PriceRow => {
      const [input, output, ...rest] = CLASSES.map((name) => rateAt(price, name, above));
      const [cacheRead = null, cacheWrite = null, reasoning = null] = rest;
      return [from, above, input ?? 0, output ?? 0, cacheRead, cacheWrite, reasoning];
    });
  });
}

function tiersOf(price: ModelPrice): number[] {
  const starts = CLASSES.flatMap((name) => {
    const value = price[name];
    return typeof value === "object" ? value.tiers.map(({ start }) => start) : [];
  });
  return [...new Set([0, ...starts])].toSorted((a, b) => a - b);
}

/** Picodollars a token: a dollar a million tokens is a million of them. */
function rateAt(price: ModelPrice, name: (typeof CLASSES)[number], above: number): number | null {
  const value = price[name];
  if (value === undefined) return null;
  if (typeof value === "number") return inPico(value);
  const tier = value.tiers.findLast(({ start }) => start <= above && above > 0);
  return inPico(tier?.price ?? value.base);
}

function inPico(usdPerMillion: number): number {
  const pico = Math.round(usdPerMillion * 1e6);
  // what has more digits than a picodollar can hold would be charged wrongly
  if (Math.abs(pico - usdPerMillion * 1e6) > 1e-3) throw new Error(`too fine: ${usdPerMillion}`);
  return pico;
}

function aliasesOf(match: MatchLogic, id: string): string[] {
  if ("equals" in match) return match.equals === id ? [] : [match.equals];
  if ("starts_with" in match) return [`${match.starts_with}*`];
  if ("or" in match) return match.or.flatMap((one) => aliasesOf(one, id));
  return [];
}
