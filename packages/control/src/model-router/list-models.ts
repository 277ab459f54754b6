import {
  ListModelsInput,
  type ModelList,
  type ModelPriceView,
  type ModelView,
} from "@nofx/core/api";
import {
  layPrices,
  ModelCapability,
  NO_USAGE,
  priceInForce,
  splitModelId,
  usdOfPico,
  type DatedPrice,
} from "@nofx/core/model-router";
import { listLlmModels, loadLlmPrices, type LlmPriceRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

const MOST = 500;

/** The models that can be asked, with what they cost now; on request also those that only have a price. */
export async function listModels(
  ctx: MemberContext,
  input: z.input<typeof ListModelsInput>,
): Promise<ModelList> {
  // it may ask the database on a connection of its own: before this one is held
  const routable = await routableOf(ctx);
  return runQuery(ctx, ListModelsInput, input, async (tx, { available, search = "" }) => {
    const known = await listLlmModels(tx.db, ctx.tenantId);
    const titles = new Map(known.map((one) => [`${one.provider}/${one.model}`, one]));
    const asked = new Set(ctx.plane.models.available());
    const all = available === "true" ? [...asked] : [...new Set([...asked, ...titles.keys()])];
    const ids = all.filter((id) => id.toLowerCase().includes(search.toLowerCase())).slice(0, MOST);
    const prices = Map.groupBy(
      await loadLlmPrices(tx.db, ctx.tenantId, ids),
      ({ provider, model }) => `${provider}/${model}`,
    );
    return {
      models: ids.map((id): ModelView => {
        const { provider, model } = splitModelId(id);
        const record = titles.get(id);
        return {
          id,
          provider: record?.provider_title ?? provider,
          title: record?.title ?? model,
          contextTokens: record?.context_tokens ?? null,
          available: asked.has(id),
          simulated: provider === "simulated",
          routable: routable.has(id),
          enabled: record?.enabled ?? true,
          own: record?.own ?? false,
          maxOutputTokens: record?.max_output_tokens ?? null,
          capabilities: z.array(ModelCapability).parse(record?.capabilities ?? []),
          aliases: record?.aliases ?? [],
          quality: record?.quality ?? null,
          price: priceNow(prices.get(id) ?? [], ctx.plane.now().getTime()),
        };
      }),
    };
  });
}

async function routableOf(ctx: MemberContext): Promise<Set<string>> {
  const { candidates } = await ctx.plane.routing.view(ctx.tenantId);
  const enabled = candidates().filter((one) => one.enabled);
  return new Set(enabled.map(({ provider, model }) => `${provider}/${model}`));
}

function priceNow(records: readonly LlmPriceRecord[], at: number): ModelPriceView | null {
  const prices = toPrices(records);
  return viewOf(prices, priceInForce(prices, { at, usage: NO_USAGE })) ?? null;
}

/** One of these prices as it is shown. */
export function viewOf(
  prices: readonly KnownPrice[],
  price: DatedPrice | undefined,
): ModelPriceView | undefined {
  const known = prices.find((one) => one === price);
  return known && { ...viewPrice(known, known.source), own: known.ours };
}

const MILLION = 1_000_000n;

export function viewPrice(price: DatedPrice, source: string): ModelPriceView {
  const { input, cacheRead, cacheWrite, output, reasoning } = price;
  const usd = (pico: bigint | null) => (pico === null ? null : usdOfPico(pico * MILLION));
  return {
    effectiveFrom: new Date(price.from).toISOString(),
    aboveTokens: price.aboveTokens,
    own: price.own,
    perMillionTokens: {
      input: usd(input),
      cacheRead: usd(cacheRead),
      cacheWrite: usd(cacheWrite),
      output: usd(output),
      reasoning: usd(reasoning),
    },
    source,
  };
}

/** A price with where it is from. */
export interface KnownPrice extends DatedPrice {
  readonly source: string;
  /** When it was to begin: of one that holds again, before `from`. */
  readonly start: number;
  /** The tenant's own, and not the product's that holds again. */
  readonly ours: boolean;
}

/** The prices of one model, as they are decided by. */
export function toPrices(records: readonly LlmPriceRecord[]): KnownPrice[] {
  return layPrices(
    records.map((record) => ({
      ...toDatedPrice(record),
      withdrawn: record.withdrawn,
      source: record.source,
      start: record.effective_from.getTime(),
      ours: record.own,
    })),
  );
}

export function toDatedPrice(record: LlmPriceRecord): DatedPrice {
  const pico = (text: string | null) => (text === null ? null : BigInt(text));
  return {
    from: record.effective_from.getTime(),
    aboveTokens: record.above_tokens,
    own: record.own,
    input: BigInt(record.input),
    output: BigInt(record.output),
    cacheRead: pico(record.cache_read),
    cacheWrite: pico(record.cache_write),
    reasoning: pico(record.reasoning),
  };
}
