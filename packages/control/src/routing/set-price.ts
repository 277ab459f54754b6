import {
  SetPriceInput,
  WithdrawPriceInput,
  type PriceHistory,
  type PriceRates,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { picoOfUsd, splitModelId } from "@nofx/core/model-router";
import { addPrice, listPrices, type PriceDraft } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { viewHistory } from "./price-history.ts";
import { refuseUnknownProvider } from "./set-model.ts";

const MILLION = 1_000_000n;
const MOST_OWN = 500;

/**
 * Sets what a model costs this tenant, from now or an instant to come on. Nothing is overwritten: a later price, or a withdrawal, takes
 * it back. Calls that were made keep the price that they were made at.
 */
export async function setPrice(
  ctx: MemberContext,
  input: z.input<typeof SetPriceInput>,
): Promise<PriceHistory> {
  const spec = { name: "prices.set", permission: "router.manage", input: SetPriceInput } as const;
  const history = await runCommand(ctx, spec, input, async (tx, price) => {
    const { model, effectiveFrom, perMillionTokens, tiers, note } = price;
    await refuseUnknownProvider(ctx, tx, splitModelId(model).provider);
    await add(ctx, tx, model, {
      from: effectiveFrom ?? null,
      note,
      tiers: [
        { aboveTokens: 0, ...toPico(perMillionTokens) },
        ...tiers.map((tier) => ({
          aboveTokens: tier.aboveTokens,
          ...toPico(tier.perMillionTokens),
        })),
      ],
    });
    await tx.audit("price.set", {
      model,
      from: effectiveFrom ?? null,
      perMillionTokens,
      tiers,
      note,
    });
    tx.emit({ type: "price.changed", payload: { model, withdrawn: false } });
    return viewHistory(ctx, tx, model);
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return history;
}

/** From then on the product's price holds again, or none where it knows none. */
export async function withdrawPrice(
  ctx: MemberContext,
  input: z.input<typeof WithdrawPriceInput>,
): Promise<PriceHistory> {
  const spec = {
    name: "prices.withdraw",
    permission: "router.manage",
    input: WithdrawPriceInput,
  } as const;
  const history = await runCommand(ctx, spec, input, async (tx, { model, effectiveFrom, note }) => {
    const rows = await listPrices(tx.db, { tenantId: ctx.tenantId, ...splitModelId(model) });
    if (!rows.some(({ own, withdrawn }) => own && !withdrawn)) {
      throw new NofxError("not_found", {
        detail: `This tenant has no price of its own for ${model}.`,
      });
    }
    await add(ctx, tx, model, { from: effectiveFrom ?? null, note, tiers: [] });
    await tx.audit("price.withdrawn", { model, from: effectiveFrom ?? null, note });
    tx.emit({ type: "price.changed", payload: { model, withdrawn: true } });
    return viewHistory(ctx, tx, model);
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return history;
}

async function add(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
  draft: Pick<PriceDraft, "from" | "note" | "tiers">,
): Promise<void> {
  const where = { tenantId: ctx.tenantId, ...splitModelId(id) };
  const own = (await listPrices(tx.db, where)).filter((row) => row.own);
  if (own.length >= MOST_OWN) {
    throw new NofxError("conflict", {
      detail: `${id} has had ${MOST_OWN} prices of this tenant; it cannot have more.`,
    });
  }
  const added = await addPrice(tx.db, { ...where, by: ctx.actor.id, ...draft });
  if (added !== undefined) return;
  throw new NofxError("invalid_input", {
    detail:
      "A price cannot begin in the past: what was called keeps its price. Leave effectiveFrom out for now.",
    issues: [{ path: "/effectiveFrom", message: "is in the past" }],
  });
}

function toPico({ input, output, cacheRead, cacheWrite, reasoning }: PriceRates) {
  const rate = (usd: string | null) => (usd === null ? null : picoOfUsd(usd) / MILLION);
  return {
    input: picoOfUsd(input) / MILLION,
    output: picoOfUsd(output) / MILLION,
    cacheRead: rate(cacheRead),
    cacheWrite: rate(cacheWrite),
    reasoning: rate(reasoning),
  };
}
