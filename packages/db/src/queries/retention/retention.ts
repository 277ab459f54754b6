import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** As it is stored; what is missing of a tenant's own is the plane's. */
export interface StoredRetention {
  archive_after_seconds?: number | null;
  delete_after_days?: number | null;
  events_after_days?: number | null;
}

export async function findRetention(
  db: Executor,
  tenantId: string,
): Promise<{ own: StoredRetention; plane: StoredRetention }> {
  const { rows } = await sql<{ own: StoredRetention; plane: StoredRetention }>`
    select coalesce((select value from tenant_settings where tenant_id = ${tenantId}::uuid and key = 'retention'), '{}') as own,
      coalesce((select value from plane_settings where key = 'retention'), '{}') as plane
  `.execute(db);
  return rows[0] ?? { own: {}, plane: {} };
}

/** Replaces what a tenant has said. */
export async function putRetention(
  db: Executor,
  tenantId: string,
  own: StoredRetention,
): Promise<void> {
  await sql`
    insert into tenant_settings (tenant_id, key, value) values (${tenantId}::uuid, 'retention', ${JSON.stringify(own)}::jsonb)
    on conflict (tenant_id, key) do update set value = excluded.value, updated_at = clock_timestamp()
  `.execute(db);
}
