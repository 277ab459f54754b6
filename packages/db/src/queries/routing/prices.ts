import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { LlmPriceRecord } from "../model-router/llm-models.ts";

export interface PriceRecord extends LlmPriceRecord {
  revision: number;
  /** There is a later revision of the same start. */
  replaced: boolean;
  note: string | null;
  created_by: string | null;
  created_at: Date;
}

/** All that was ever said of a model's price, the newest start first. */
export async function listPrices(
  db: Executor,
  model: { tenantId: string; provider: string; model: string },
): Promise<PriceRecord[]> {
  const { rows } = await sql<PriceRecord>`
    select p.provider, p.model, p.effective_from, p.above_tokens, p.tenant_id is not null as own, p.withdrawn, p.input::text,
      p.output::text, p.cache_read::text, p.cache_write::text, p.reasoning::text, p.source, p.revision, p.note,
      p.revision < max(p.revision) over (partition by p.tenant_id, p.effective_from) as replaced,
      coalesce(u.name, p.created_by::text) as created_by, p.created_at
    from llm_prices p
    left join members u on u.tenant_id = ${model.tenantId}::uuid and u.user_id = p.created_by
    where (p.tenant_id is null or p.tenant_id = ${model.tenantId}::uuid) and p.provider = ${model.provider} and p.model = ${model.model}
    order by p.effective_from desc, p.tenant_id nulls last, p.revision desc, p.above_tokens
    limit 1000
  `.execute(db);
  return rows;
}

export interface PriceDraft {
  tenantId: string;
  by: string;
  provider: string;
  model: string;
  /** Null: from now on. */
  from: string | null;
  note: string;
  /** Picodollars a token. One with `aboveTokens` 0, or none at all: the tenant's own is withdrawn. */
  tiers: readonly {
    aboveTokens: number;
    input: bigint;
    output: bigint;
    cacheRead: bigint | null;
    cacheWrite: bigint | null;
    reasoning: bigint | null;
  }[];
}

/**
 * Writes the next revision of what a tenant's own price is from then on. Undefined where that is in the past. Two at once for the same
 * start wait for each other.
 */
export async function addPrice(
  db: Executor,
  draft: PriceDraft,
): Promise<{ from: Date; revision: number } | undefined> {
  const { tenantId, by, provider, model, note } = draft;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`price|${tenantId}|${provider}|${model}`}, 0))`.execute(
    db,
  );
  const tiers = draft.tiers.map(({ aboveTokens, ...rates }) => ({
    above_tokens: aboveTokens,
    input: String(rates.input),
    output: String(rates.output),
    cache_read: text(rates.cacheRead),
    cache_write: text(rates.cacheWrite),
    reasoning: text(rates.reasoning),
    withdrawn: false,
  }));
  const withdrawal = {
    above_tokens: 0,
    input: "0",
    output: "0",
    cache_read: null,
    cache_write: null,
    reasoning: null,
    withdrawn: true,
  };
  const written = JSON.stringify(tiers.length === 0 ? [withdrawal] : tiers);
  const { rows } = await sql<{ from: Date; revision: number }>`
    with start as materialized (
      select date_trunc('milliseconds', coalesce(${draft.from}::timestamptz, clock_timestamp())) as at
    ),
    next as (
      select s.at, 1 + coalesce((select max(p.revision) from llm_prices p
        where p.tenant_id = ${tenantId}::uuid and p.provider = ${provider} and p.model = ${model} and p.effective_from = s.at), 0) as revision
      from start s where s.at > clock_timestamp() - interval '1 minute'
    ),
    added as (
      insert into llm_prices (tenant_id, provider, model, effective_from, above_tokens, input, output, cache_read, cache_write,
        reasoning, source, revision, withdrawn, note, created_by)
      select ${tenantId}::uuid, ${provider}, ${model}, n.at, t.above_tokens, t.input, t.output, t.cache_read, t.cache_write,
        t.reasoning, 'own', n.revision, t.withdrawn, ${note}, ${by}::uuid
      from next n cross join jsonb_to_recordset(${written}::jsonb)
        t (above_tokens integer, input bigint, output bigint, cache_read bigint, cache_write bigint, reasoning bigint, withdrawn boolean)
      returning 1
    )
    select n.at as "from", n.revision from next n where exists (select from added)
  `.execute(db);
  return rows[0];
}

const text = (amount: bigint | null) => (amount === null ? null : String(amount));
