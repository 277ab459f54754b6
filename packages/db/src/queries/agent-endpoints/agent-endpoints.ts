import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface AgentEndpointRecord {
  agent_id: string;
  url: string;
  max_concurrency: number;
  timeout_seconds: number;
  status: string;
  disabled_reason: string | null;
  attempts: number;
  failing_since: Date | null;
  last_error: string | null;
  next_at: Date;
  pushed_at: Date | null;
  created_at: Date;
}

export async function findAgentEndpoint(
  db: Executor,
  tenantId: string,
  agentId: string,
): Promise<AgentEndpointRecord | undefined> {
  const { rows } = await sql<AgentEndpointRecord>`
    select agent_id, url, max_concurrency, timeout_seconds, status, disabled_reason, attempts, failing_since, last_error, next_at, pushed_at,
      created_at
    from agent_endpoints where tenant_id = ${tenantId}::uuid and agent_id = ${agentId}::uuid
  `.execute(db);
  return rows[0];
}

/** What the key of an endpoint is recognised by: no key that was ever shown has such a hint. */
export const PUSH_KEY_HINT = "push";

export interface AgentEndpointChange {
  tenantId: string;
  agentId: string;
  url: string;
  maxConcurrency: number;
  timeoutSeconds: number;
  createdBy: string;
  /** The digest of a key that nobody has. */
  keySha256: string;
}

/** A new endpoint with its secret, or another address and other limits for the one that is there: it is tried at once. */
export async function putAgentEndpoint(
  db: Executor,
  change: AgentEndpointChange,
  secret: string,
): Promise<{ created: boolean }> {
  const { tenantId, agentId, url, maxConcurrency, timeoutSeconds, createdBy } = change;
  const { rows } = await sql`
    update agent_endpoints
    set url = ${url}, max_concurrency = ${maxConcurrency}, timeout_seconds = ${timeoutSeconds}, attempts = 0, failing_since = null,
      last_error = null, next_at = clock_timestamp()
    where agent_id = ${agentId}::uuid and tenant_id = ${tenantId}::uuid returning agent_id
  `.execute(db);
  if (rows.length > 0) return { created: false };
  await sql`
    with key as (
      insert into agent_keys (tenant_id, agent_id, key_sha256, hint, name, issued_by)
      values (${tenantId}::uuid, ${agentId}::uuid, ${change.keySha256}, ${PUSH_KEY_HINT}, 'push endpoint', ${createdBy}::uuid)
      returning id
    )
    insert into agent_endpoints (agent_id, tenant_id, url, key_id, max_concurrency, timeout_seconds, created_by)
    select ${agentId}::uuid, ${tenantId}::uuid, ${url}, key.id, ${maxConcurrency}, ${timeoutSeconds}, ${createdBy}::uuid from key
  `.execute(db);
  await sql`
    insert into agent_endpoint_secrets (agent_id, tenant_id, secret) values (${agentId}::uuid, ${tenantId}::uuid, ${secret})
  `.execute(db);
  return { created: true };
}

export async function switchAgentEndpoint(
  db: Executor,
  tenantId: string,
  agentId: string,
  active: boolean,
): Promise<boolean> {
  const { rows } = await sql`
    update agent_endpoints
    set status = ${active ? "active" : "disabled"}, disabled_reason = ${active ? null : "by_member"}, attempts = 0, failing_since = null,
      next_at = clock_timestamp()
    where tenant_id = ${tenantId}::uuid and agent_id = ${agentId}::uuid returning agent_id
  `.execute(db);
  return rows.length > 0;
}

export async function deleteAgentEndpoint(
  db: Executor,
  tenantId: string,
  agentId: string,
): Promise<boolean> {
  const { rows } = await sql`
    with gone as (
      delete from agent_endpoints where tenant_id = ${tenantId}::uuid and agent_id = ${agentId}::uuid returning key_id
    )
    update agent_keys k set revoked_at = clock_timestamp() from gone where k.id = gone.key_id returning k.id
  `.execute(db);
  return rows.length > 0;
}

/** Stores a new secret; until when the one before it still signs. */
export async function rotateAgentEndpointSecret(
  db: Executor,
  tenantId: string,
  agentId: string,
  secret: string,
): Promise<Date | null> {
  const { rows } = await sql<{ until: Date | null }>`
    select app.rotate_agent_endpoint_secret(${tenantId}::uuid, ${agentId}::uuid, ${secret}) as until
  `.execute(db);
  return rows[0]?.until ?? null;
}
