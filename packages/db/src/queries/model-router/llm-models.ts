import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface LlmModelRecord {
  provider: string;
  provider_title: string;
  model: string;
  title: string;
  context_tokens: number | null;
}

export interface LlmPriceRecord {
  provider: string;
  model: string;
  effective_from: Date;
  above_tokens: number;
  own: boolean;
  input: string;
  output: string;
  cache_read: string | null;
  cache_write: string | null;
  reasoning: string | null;
  source: string;
}

/** The models that the tenant knows of: ours, and its own in place of them. */
export async function listLlmModels(db: Executor, tenantId: string): Promise<LlmModelRecord[]> {
  const { rows } = await sql<LlmModelRecord>`
    select distinct on (m.provider, m.name) m.provider, coalesce(p.title, m.provider) as provider_title, m.name as model, m.title,
      m.context_tokens
    from llm_models m
    left join lateral (
      select p.title from llm_providers p where p.name = m.provider and (p.tenant_id is null or p.tenant_id = ${tenantId}::uuid)
      order by p.tenant_id nulls last limit 1
    ) p on true
    where m.tenant_id is null or m.tenant_id = ${tenantId}::uuid
    order by m.provider, m.name, m.tenant_id nulls last
  `.execute(db);
  return rows;
}

/** Every price of these models, whenever it began; picodollars as text, because they are counted exactly. */
export async function loadLlmPrices(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<LlmPriceRecord[]> {
  const { rows } = await sql<LlmPriceRecord>`
    select provider, model, effective_from, above_tokens, tenant_id is not null as own, input::text, output::text, cache_read::text,
      cache_write::text, reasoning::text, source
    from llm_prices
    where (tenant_id is null or tenant_id = ${tenantId}::uuid) and provider || '/' || model = any(${[...ids]}::text[])
    order by provider, model, effective_from, above_tokens
  `.execute(db);
  return rows;
}
