import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** What a tenant has said of its endpoint; an empty object where nothing. */
export async function findEndpointSettings(db: Executor, tenantId: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`
    select value from tenant_settings where tenant_id = ${tenantId}::uuid and key = 'model_endpoint'
  `.execute(db);
  return rows[0]?.value ?? {};
}

export async function putEndpointSettings(
  db: Executor,
  tenantId: string,
  value: object,
): Promise<void> {
  await sql`
    insert into tenant_settings (tenant_id, key, value) values (${tenantId}::uuid, 'model_endpoint', ${JSON.stringify(value)}::jsonb)
    on conflict (tenant_id, key) do update set value = excluded.value, updated_at = clock_timestamp()
  `.execute(db);
}
