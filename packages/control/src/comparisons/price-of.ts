import { costOf, priceInForce, type Usage } from "@nofx/core/model-router";
import type { ComparisonOutcome, LlmPriceRecord } from "@nofx/db/queries";
import { toDatedPrice, viewPrice } from "../model-router/list-models.ts";

/** What a call cost, and by which price. Neither where the tokens or the price are not known. */
export function priceOf(
  records: readonly LlmPriceRecord[],
  usage: Usage | undefined,
  at: number,
): Pick<ComparisonOutcome, "costPico" | "price"> {
  if (usage === undefined) return {};
  const dated = records.map((record) => ({ ...toDatedPrice(record), source: record.source }));
  const price = priceInForce(dated, { at, usage });
  const source = dated.find((one) => one === price)?.source;
  if (price === undefined || source === undefined) return {};
  return { costPico: costOf(usage, price), price: viewPrice(price, source) };
}
