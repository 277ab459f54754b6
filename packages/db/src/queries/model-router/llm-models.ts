import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface LlmModelRecord {
  provider: string;
  provider_title: string;
  model: string;
  title: string;
  context_tokens: number | null;
  max_output_tokens: number | null;
  capabilities: string[];
  aliases: string[];
  quality: number | null;
  enabled: boolean;
  own: boolean;
}

export interface LlmPriceRecord {
  provider: string;
  model: string;
  effective_from: Date;
  above_tokens: number;
  own: boolean;
  /** From then on the tenant has none of its own. */
  withdrawn: boolean;
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
      m.context_tokens, m.max_output_tokens, m.capabilities, m.aliases, m.quality, m.enabled, m.tenant_id is not null as own
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

/** Every price of these models that was not replaced, whenever it began; picodollars as text, because they are counted exactly. */
export async function loadLlmPrices(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<LlmPriceRecord[]> {
  const { rows } = await sql<LlmPriceRecord>`
    select p.provider, p.model, p.effective_from, p.above_tokens, p.tenant_id is not null as own, p.withdrawn, p.input::text,
      p.output::text, p.cache_read::text, p.cache_write::text, p.reasoning::text, p.source
    from llm_prices p
    where (p.tenant_id is null or p.tenant_id = ${tenantId}::uuid) and p.provider || '/' || p.model = any(${[...ids]}::text[])
      and not exists (
        select from llm_prices newer
        where newer.tenant_id is not distinct from p.tenant_id and newer.provider = p.provider and newer.model = p.model
          and newer.effective_from = p.effective_from and newer.revision > p.revision)
    order by p.provider, p.model, p.effective_from, p.above_tokens
  `.execute(db);
  return rows;
}
