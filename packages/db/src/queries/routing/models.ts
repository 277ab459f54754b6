import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface ModelDraft {
  tenantId: string;
  by: string;
  provider: string;
  name: string;
  title: string;
  contextTokens: number | null;
  maxOutputTokens: number | null;
  capabilities: readonly string[];
  aliases: readonly string[];
  quality: number | null;
  enabled: boolean;
}

/** The tenant's own row of a model, made or written anew. */
export async function putModel(db: Executor, model: ModelDraft): Promise<void> {
  await sql`
    insert into llm_models (tenant_id, provider, name, title, context_tokens, max_output_tokens, capabilities, aliases, quality,
      enabled, updated_by)
    values (${model.tenantId}::uuid, ${model.provider}, ${model.name}, ${model.title}, ${model.contextTokens},
      ${model.maxOutputTokens}, ${[...model.capabilities]}::text[], ${[...model.aliases]}::text[], ${model.quality},
      ${model.enabled}, ${model.by}::uuid)
    on conflict (tenant_id, provider, name) do update
    set title = excluded.title, context_tokens = excluded.context_tokens, max_output_tokens = excluded.max_output_tokens,
      capabilities = excluded.capabilities, aliases = excluded.aliases, quality = excluded.quality, enabled = excluded.enabled,
      updated_by = excluded.updated_by, updated_at = clock_timestamp()
  `.execute(db);
}

/** Answers whether there was one. */
export async function removeModel(
  db: Executor,
  where: { tenantId: string; provider: string; name: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from llm_models
    where tenant_id = ${where.tenantId}::uuid and provider = ${where.provider} and name = ${where.name}
  `.execute(db);
  return numAffectedRows === 1n;
}

/** How many the tenant has of its own. */
export async function countOwnModels(db: Executor, tenantId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from llm_models where tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0]?.count ?? 0;
}
