import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface FlagRecord {
  name: string;
  enabled: boolean;
  note: string;
  updated_by: string;
  updated_at: Date;
}

/** What the tenant has switched; nothing of the flags that nobody has touched. */
export async function loadFlags(db: Executor, tenantId: string): Promise<FlagRecord[]> {
  const { rows } = await sql<FlagRecord>`
    select f.name, f.enabled, f.note, coalesce(m.name, f.updated_by::text) as updated_by, f.updated_at
    from feature_flags f
    left join members m on m.tenant_id = f.tenant_id and m.user_id = f.updated_by
    where f.tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows;
}

/** Switches one flag. Those who switch the same one queue up behind its row. */
export async function setFlag(
  db: Executor,
  flag: { tenantId: string; name: string; enabled: boolean; note: string; by: string },
): Promise<void> {
  await sql`
    insert into feature_flags as f (tenant_id, name, enabled, note, updated_by)
    values (${flag.tenantId}::uuid, ${flag.name}, ${flag.enabled}, ${flag.note}, ${flag.by}::uuid)
    on conflict (tenant_id, name) do update
    set enabled = excluded.enabled, note = excluded.note, updated_by = excluded.updated_by, updated_at = clock_timestamp()
  `.execute(db);
}
