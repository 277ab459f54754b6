import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface SecureKeyRecord {
  id: string;
  provider: string;
  name: string;
  status: string;
  version: number;
  note: string;
  created_at: Date;
  hint: string | null;
  kek: string | null;
  rotated_at: Date | null;
  rotated_by: string | null;
  previous_until: Date | null;
  last_used_at: Date | null;
  last_used_for: string | null;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<SecureKeyRecord[]> {
  const { rows } = await sql<SecureKeyRecord>`
    select k.id, k.provider, k.name, k.status, k.version, k.note, k.created_at, v.hint, v.kek, v.created_at as rotated_at,
      coalesce(m.name, v.created_by::text) as rotated_by,
      (select p.usable_until from secure_key_versions p
        where p.key_id = k.id and p.version = k.version - 1 and p.kek is not null and p.usable_until > clock_timestamp()) as previous_until,
      used.at as last_used_at, used.purpose as last_used_for
    from secure_keys k
    left join secure_key_versions v on v.key_id = k.id and v.version = k.version
    left join members m on m.tenant_id = k.tenant_id and m.user_id = v.created_by
    left join lateral (
      select a.at, a.purpose from secure_keys_audit a where a.key_id = k.id and a.action = 'used' order by a.seq desc limit 1
    ) as used on true
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's keys by provider and name, the retired ones of a name after the active one. */
export async function listSecureKeys(
  db: Executor,
  filter: {
    tenantId: string;
    provider?: string | undefined;
    name?: string | undefined;
    status: "active" | "retired" | "all";
    cursor?: string | undefined;
    limit: number;
  },
) {
  const [provider, name, id] = decodeCursor(filter.cursor) ?? [null, null, null];
  const rows = await select(
    db,
    sql`where k.tenant_id = ${filter.tenantId}::uuid
        and (${filter.provider ?? null}::text is null or k.provider = ${filter.provider ?? null})
        and (${filter.name ?? null}::text is null or k.name = ${filter.name ?? null})
        and (${filter.status} = 'all' or k.status = ${filter.status})
        and (${provider}::text is null or (k.provider, k.name, k.id) > (${provider}, ${name}, ${id}::uuid))
      order by k.provider, k.name, k.id limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.provider, row.name, row.id]);
}

export async function findSecureKey(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<SecureKeyRecord | undefined> {
  const rows = await select(db, sql`where k.tenant_id = ${tenantId}::uuid and k.id = ${id}::uuid`);
  return rows[0];
}

export interface KeyAuditRecord {
  seq: number;
  at: Date;
  action: string;
  key_id: string;
  provider: string;
  name: string;
  version: number;
  actor_type: string;
  actor_id: string;
  actor_name: string | null;
  run_id: string | null;
  step_id: string | null;
  purpose: string;
}

/** What was done with keys, newest first. */
export async function listKeyAudit(
  db: Executor,
  filter: {
    tenantId: string;
    keyId?: string | undefined;
    action?: string | undefined;
    runId?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { keyId = null, action = null, runId = null } = filter;
  const { rows } = await sql<KeyAuditRecord>`
    select a.seq, a.at, a.action, a.key_id, a.provider, a.name, a.version, a.actor_type, a.actor_id,
      coalesce(m.name, g.name) as actor_name, a.run_id, a.step_id, a.purpose
    from secure_keys_audit a
    left join members m on a.actor_type = 'member' and m.tenant_id = a.tenant_id and m.user_id::text = a.actor_id
    left join agent_registry g on a.actor_type = 'agent' and g.tenant_id = a.tenant_id and g.id::text = a.actor_id
    where a.tenant_id = ${filter.tenantId}::uuid
      and (${before}::bigint is null or a.seq < ${before}::bigint)
      and (${keyId}::uuid is null or a.key_id = ${keyId}::uuid)
      and (${action}::text is null or a.action = ${action})
      and (${runId}::uuid is null or a.run_id = ${runId}::uuid)
    order by a.seq desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.seq]);
}
