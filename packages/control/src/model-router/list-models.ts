import {
  ListModelsInput,
  type ModelList,
  type ModelPriceView,
  type ModelView,
} from "@nofx/core/api";
import {
  NO_USAGE,
  priceInForce,
  splitModelId,
  usdOfPico,
  type DatedPrice,
} from "@nofx/core/model-router";
import { listLlmModels, loadLlmPrices, type LlmPriceRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

const MOST = 500;

/** The models that can be asked, with what they cost now; on request also those that only have a price. */
export function listModels(
  ctx: MemberContext,
  input: z.input<typeof ListModelsInput>,
): Promise<ModelList> {
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
          price: priceNow(prices.get(id) ?? [], ctx.plane.now().getTime()),
        };
      }),
    };
  });
}

function priceNow(records: readonly LlmPriceRecord[], at: number): ModelPriceView | null {
  const dated = records.map((record) => ({ ...toDatedPrice(record), source: record.source }));
  const price = priceInForce(dated, { at, usage: NO_USAGE });
  const source = dated.find((one) => one === price)?.source;
  return price === undefined || source === undefined ? null : viewPrice(price, source);
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
