import type { ModelPriceView } from "@nofx/core/api";

const CLASSES = [
  ["input", "in"],
  ["output", "out"],
  ["cacheRead", "cache read"],
  ["cacheWrite", "cache write"],
  ["reasoning", "reasoning"],
] as const;

/** In and out, as people compare models. */
export function sayRates({ perMillionTokens }: Pick<ModelPriceView, "perMillionTokens">): string {
  return `$${perMillionTokens.input ?? "?"} / $${perMillionTokens.output ?? "?"}`;
}

/** Every class that has a price of its own. */
export function sayAllRates({
  perMillionTokens,
}: Pick<ModelPriceView, "perMillionTokens">): string {
  return CLASSES.flatMap(([of, label]) => {
    const usd = perMillionTokens[of];
    return usd === null || usd === undefined ? [] : [`${label} $${usd}`];
  }).join(", ");
}
