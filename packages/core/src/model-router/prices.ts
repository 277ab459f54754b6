import type { PicoUsd } from "./money.ts";
import { inputTokens, TokenClass, type Usage } from "./usage.ts";

/** Picodollars a token, by class. A class without a price of its own costs what its side does: input or output. */
export interface Price {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
  readonly cacheRead: PicoUsd | null;
  readonly cacheWrite: PicoUsd | null;
  readonly reasoning: PicoUsd | null;
}

/** A price with where it holds. */
export interface DatedPrice extends Price {
  /** From when, in milliseconds, until the next one of the same kind. */
  readonly from: number;
  /** Holds for calls that are given more tokens than this. */
  readonly aboveTokens: number;
  /** The tenant's own: it stands in place of what comes with the product. */
  readonly own: boolean;
}

/** What a call cost, exactly. */
export function costOf(usage: Usage, price: Price): PicoUsd {
  return TokenClass.options.reduce((sum, of) => sum + BigInt(usage[of]) * rateOf(price, of), 0n);
}

function rateOf(price: Price, of: TokenClass): PicoUsd {
  switch (of) {
    case "input":
    case "output":
      return price[of];
    case "cacheRead":
    case "cacheWrite":
      return price[of] ?? price.input;
    case "reasoning":
      return price.reasoning ?? price.output;
  }
}

/**
 * The price of a call at an instant: the tenant's own where there is one, of these the newest, of these the one for so many
 * tokens. Undefined where nobody knows: that is no price, not a price of nothing.
 */
export function priceInForce(
  prices: readonly DatedPrice[],
  call: { at: number; usage: Usage },
): DatedPrice | undefined {
  const begun = prices.filter(({ from }) => from <= call.at);
  const own = begun.filter((price) => price.own);
  const candidates = own.length > 0 ? own : begun;
  const newest = Math.max(...candidates.map(({ from }) => from));
  const given = inputTokens(call.usage);
  return candidates
    .filter(
      ({ from, aboveTokens }) => from === newest && (aboveTokens === 0 || given > aboveTokens),
    )
    .toSorted((a, b) => b.aboveTokens - a.aboveTokens)[0];
}
