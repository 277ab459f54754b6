import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface DispatchSettingsRecord {
  hold_out: number;
  success_usd: number;
  hour_usd: number;
  prefer_seconds: number;
  updated_by: string;
  updated_at: Date;
}

export async function loadDispatchSettings(
  db: Executor,
  tenantId: string,
): Promise<DispatchSettingsRecord | undefined> {
  const { rows } = await sql<DispatchSettingsRecord>`
    select s.hold_out, s.success_usd, s.hour_usd, s.prefer_seconds, coalesce(m.name, s.updated_by::text) as updated_by, s.updated_at
    from dispatch_settings s
    left join members m on m.tenant_id = s.tenant_id and m.user_id = s.updated_by
    where s.tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0];
}

export async function storeDispatchSettings(
  db: Executor,
  settings: {
    tenantId: string;
    holdOut: number;
    successUsd: number;
    hourUsd: number;
    preferSeconds: number;
    by: string;
  },
): Promise<void> {
  const { tenantId, holdOut, successUsd, hourUsd, preferSeconds, by } = settings;
  await sql`
    insert into dispatch_settings as s (tenant_id, hold_out, success_usd, hour_usd, prefer_seconds, updated_by)
    values (${tenantId}::uuid, ${holdOut}, ${successUsd}, ${hourUsd}, ${preferSeconds}, ${by}::uuid)
    on conflict (tenant_id) do update
    set hold_out = excluded.hold_out, success_usd = excluded.success_usd, hour_usd = excluded.hour_usd,
      prefer_seconds = excluded.prefer_seconds, updated_by = excluded.updated_by, updated_at = clock_timestamp()
  `.execute(db);
}
