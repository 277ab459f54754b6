import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** What the columns of such a table were taken for last time. */
export async function loadImportMapping(
  db: Executor,
  tenantId: string,
  fingerprint: string,
): Promise<unknown> {
  const { rows } = await sql<{ mapping: unknown }>`
    select mapping from import_mappings where tenant_id = ${tenantId}::uuid and fingerprint = ${fingerprint}
  `.execute(db);
  return rows[0]?.mapping;
}

export async function saveImportMapping(
  db: Executor,
  tenantId: string,
  fingerprint: string,
  mapping: Record<string, string>,
): Promise<void> {
  await sql`
    insert into import_mappings (tenant_id, fingerprint, mapping)
    values (${tenantId}::uuid, ${fingerprint}, ${JSON.stringify(mapping)}::jsonb)
    on conflict (tenant_id, fingerprint) do update set mapping = excluded.mapping, updated_at = clock_timestamp()
    where import_mappings.mapping <> excluded.mapping
  `.execute(db);
}
