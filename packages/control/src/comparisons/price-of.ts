import { costOf, priceInForce, type Usage } from "@nofx/core/model-router";
import type { ComparisonOutcome, LlmPriceRecord } from "@nofx/db/queries";
import { toPrices, viewOf } from "../model-router/list-models.ts";

/** What a call cost, and by which price. Neither where the tokens or the price are not known. */
export function priceOf(
  records: readonly LlmPriceRecord[],
  usage: Usage | undefined,
  at: number,
): Pick<ComparisonOutcome, "costPico" | "price"> {
  if (usage === undefined) return {};
  const prices = toPrices(records);
  const price = priceInForce(prices, { at, usage });
  const view = viewOf(prices, price);
  if (price === undefined || view === undefined) return {};
  return { costPico: costOf(usage, price), price: view };
}
