import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

export interface KnownAgentRecord {
  key_id: string;
  scopes: string[];
  expires_at: Date | null;
  agent_id: string;
  tenant_id: string;
  name: string;
  capabilities: string[];
  status: string;
  status_by: string;
  status_reason: string | null;
  trial_at: Date | null;
  max_concurrency: number | null;
}

/** The agent behind a key, by the key's digest. Before any claim is set. */
export async function findAgentByKey(
  db: Executor,
  keySha256: string,
): Promise<KnownAgentRecord | undefined> {
  const { rows } = await sql<KnownAgentRecord>`
    select * from app.agent_by_key(${keySha256})
  `.execute(db);
  return rows[0];
}

/** The agent behind the key that a verified token was exchanged for. */
export async function findAgentByKeyId(
  db: Executor,
  keyId: string,
): Promise<KnownAgentRecord | undefined> {
  const { rows } = await sql<KnownAgentRecord>`
    select * from app.agent_by_key_id(${keyId}::uuid)
  `.execute(db);
  return rows[0];
}

export interface AgentKeyRecord {
  id: string;
  name: string;
  hint: string;
  scopes: string[];
  created_at: Date;
  issued_by: string | null;
  expires_at: Date | null;
  rotated_from: string | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
  status: "active" | "expired" | "revoked";
}

interface OfAgent {
  tenantId: string;
  agentId: string;
}

async function select(db: Executor, of: OfAgent, rest: RawBuilder<unknown>) {
  const { rows } = await sql<AgentKeyRecord>`
    select k.id, k.name, k.hint, k.scopes, k.created_at, coalesce(m.name, k.issued_by::text) as issued_by, k.expires_at, k.rotated_from,
      k.last_used_at, k.revoked_at,
      case when k.revoked_at is not null then 'revoked' when k.expires_at <= clock_timestamp() then 'expired' else 'active' end as status
    from agent_keys k left join members m on m.tenant_id = k.tenant_id and m.user_id = k.issued_by
    where k.tenant_id = ${of.tenantId}::uuid and k.agent_id = ${of.agentId}::uuid ${rest}
  `.execute(db);
  return rows;
}

/** The keys of an agent, those that can be used first; two hundred at most. */
export function listAgentKeys(db: Executor, of: OfAgent): Promise<AgentKeyRecord[]> {
  return select(
    db,
    of,
    sql`order by (k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())) desc, k.created_at desc limit 200`,
  );
}

export async function findAgentKey(
  db: Executor,
  of: OfAgent,
  keyId: string,
): Promise<AgentKeyRecord | undefined> {
  const rows = await select(db, of, sql`and k.id = ${keyId}::uuid`);
  return rows[0];
}

export async function insertAgentKey(
  db: Executor,
  key: OfAgent & {
    sha256: string;
    hint: string;
    name: string;
    scopes: readonly string[];
    expiresAt: Date | null;
    rotatedFrom?: string | undefined;
    by: string;
  },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into agent_keys (tenant_id, agent_id, key_sha256, hint, name, scopes, expires_at, rotated_from, issued_by)
    values (${key.tenantId}::uuid, ${key.agentId}::uuid, ${key.sha256}, ${key.hint}, ${key.name}, ${key.scopes}::text[],
      ${key.expiresAt}, ${key.rotatedFrom ?? null}::uuid, ${key.by}::uuid)
    returning id
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("A key was not stored.");
  return row.id;
}

/** An active key ends so many seconds from now, or when it would have ended if that is sooner. No row where it is not active. */
export async function endAgentKey(
  db: Executor,
  of: OfAgent,
  keyId: string,
  seconds: number,
): Promise<boolean> {
  const { rows } = await sql`
    update agent_keys k
    set expires_at = least(k.expires_at, clock_timestamp() + make_interval(secs => ${seconds}))
    where k.tenant_id = ${of.tenantId}::uuid and k.agent_id = ${of.agentId}::uuid and k.id = ${keyId}::uuid
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
    returning k.id
  `.execute(db);
  return rows.length > 0;
}

/** Revokes one key of an agent, or with null all of them; answers which were not revoked before. */
export async function revokeAgentKeys(
  db: Executor,
  of: OfAgent,
  keyId: string | null,
  by: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update agent_keys k set revoked_at = clock_timestamp(), revoked_by = ${by}::uuid
    where k.tenant_id = ${of.tenantId}::uuid and k.agent_id = ${of.agentId}::uuid and (${keyId}::uuid is null or k.id = ${keyId}::uuid)
      and k.revoked_at is null
    returning k.id
  `.execute(db);
  return rows.map(({ id }) => id);
}
