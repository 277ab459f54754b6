import type { DatedPrice } from "./prices.ts";

/** A price as it is stored. */
export interface StoredPrice extends DatedPrice {
  /** Of a tenant's own: from then on it has none, and the product's holds. */
  readonly withdrawn: boolean;
}

/**
 * The prices of one model as they are read by `priceInForce`: where a tenant has withdrawn its own, what the product knows from then on
 * stands in its line, until the next one of its own begins.
 */
export function layPrices<P extends StoredPrice>(prices: readonly P[]): P[] {
  const product = prices.filter(({ own }) => !own);
  const own = prices.filter((price) => price.own);
  const starts = [...new Set(own.map(({ from }) => from))].toSorted((a, b) => a - b);
  const laid = [...product];
  for (const [i, from] of starts.entries()) {
    const here = own.filter((price) => price.from === from);
    if (!here.some(({ withdrawn }) => withdrawn)) {
      laid.push(...here);
      continue;
    }
    const until = starts[i + 1] ?? Infinity;
    const before = Math.max(...product.map((price) => price.from).filter((at) => at <= from));
    // newer than the one that was withdrawn, and for no call
    if (before === -Infinity) {
      laid.push(...here.map((price) => ({ ...price, aboveTokens: Number.MAX_SAFE_INTEGER })));
    }
    for (const price of product) {
      if (price.from === before) laid.push({ ...price, from, own: true });
      else if (price.from > from && price.from < until) laid.push({ ...price, own: true });
    }
  }
  return laid;
}
