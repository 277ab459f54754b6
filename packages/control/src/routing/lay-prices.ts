import type { DatedPrice } from "@nofx/core/model-router";
import type { RoutingPriceRow } from "@nofx/db/queries";

/**
 * The prices of one model as the router reads them: where a tenant has withdrawn its own, what the product knows from then on stands
 * in its line, until the next one of its own begins.
 */
export function layPrices(rows: readonly RoutingPriceRow[]): DatedPrice[] {
  const product = rows.filter(({ own }) => !own);
  const own = rows.filter((row) => row.own);
  const starts = [...new Set(own.map(({ from }) => from))].toSorted((a, b) => a - b);
  const laid = product.map((row) => toPrice(row, row.from, false));
  for (const [i, from] of starts.entries()) {
    const here = own.filter((row) => row.from === from);
    if (!here.some(({ withdrawn }) => withdrawn)) {
      laid.push(...here.map((row) => toPrice(row, from, true)));
      continue;
    }
    const until = starts[i + 1] ?? Infinity;
    const before = Math.max(...product.map((row) => row.from).filter((at) => at <= from));
    for (const row of product) {
      if (row.from === before) laid.push(toPrice(row, from, true));
      else if (row.from > from && row.from < until) laid.push(toPrice(row, row.from, true));
    }
  }
  return laid;
}

function toPrice(row: RoutingPriceRow, from: number, own: boolean): DatedPrice {
  const pico = (text: string | null) => (text === null ? null : BigInt(text));
  return {
    from,
    aboveTokens: row.above_tokens,
    own,
    input: BigInt(row.input),
    output: BigInt(row.output),
    cacheRead: pico(row.cache_read),
    cacheWrite: pico(row.cache_write),
    reasoning: pico(row.reasoning),
  };
}
