import { canonicalJson } from "../canonical/index.ts";
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
  return priceAt(prices, call.at, inputTokens(call.usage));
}

/** The price at an instant of a call that is given so many tokens. In one pass: it is asked for each candidate of each decision. */
export function priceAt(
  prices: readonly DatedPrice[],
  at: number,
  given: number,
): DatedPrice | undefined {
  let newest: DatedPrice | undefined;
  let found: DatedPrice | undefined;
  for (const price of prices) {
    if (price.from > at) continue;
    const order =
      newest === undefined ? 1 : inForce(price) - inForce(newest) || price.from - newest.from;
    if (order < 0) continue;
    if (order > 0) {
      newest = price;
      found = undefined;
    }
    if (price.aboveTokens > 0 && given <= price.aboveTokens) continue;
    if (found === undefined || price.aboveTokens > found.aboveTokens) found = price;
  }
  return found;
}

const inForce = ({ own }: DatedPrice) => (own ? 1 : 0);

/** Prices as a text: the same for the same prices in any order. Its sha256 tells which price list was in force. */
export function priceDigestInput(prices: readonly DatedPrice[]): string {
  const rows = prices.map(({ from, aboveTokens, own, ...price }) => ({
    from,
    aboveTokens,
    own,
    ...Object.fromEntries(
      TokenClass.options.map((of) => [of, price[of] === null ? null : String(price[of])]),
    ),
  }));
  return canonicalJson(rows.map(canonicalJson).sort());
}
