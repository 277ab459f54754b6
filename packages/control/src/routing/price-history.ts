import { OneModel, type PriceHistory } from "@nofx/core/api";
import { NO_USAGE, priceInForce, splitModelId } from "@nofx/core/model-router";
import { listPrices } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { toDatedPrice, toPrices, viewPrice } from "../model-router/list-models.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** All that was ever said of a model's price, by the product and by the tenant, and what of it is in force. */
export function getPriceHistory(
  ctx: MemberContext,
  input: z.input<typeof OneModel>,
): Promise<PriceHistory> {
  return runQuery(ctx, OneModel, input, (tx, { model }) => viewHistory(ctx, tx, model));
}

export async function viewHistory(
  ctx: MemberContext,
  tx: CommandTransaction,
  model: string,
): Promise<PriceHistory> {
  const rows = await listPrices(tx.db, { tenantId: ctx.tenantId, ...splitModelId(model) });
  const prices = toPrices(rows.filter(({ replaced }) => !replaced));
  const now = priceInForce(prices, { at: ctx.plane.now().getTime(), usage: NO_USAGE });
  const inForce = prices.find((one) => one === now);
  return {
    model,
    prices: rows.map((row) => ({
      ...viewPrice(toDatedPrice(row), row.source),
      withdrawn: row.withdrawn,
      revision: row.revision,
      replaced: row.replaced,
      inForce:
        !row.replaced &&
        !row.withdrawn &&
        row.own === inForce?.ours &&
        row.effective_from.getTime() === inForce.start,
      note: row.note,
      createdBy: row.created_by,
      createdAt: row.created_at.toISOString(),
    })),
  };
}
