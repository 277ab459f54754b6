import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface ClaimRuleRecord {
  id: string;
  tenant_id: string | null;
  tenant: string | null;
  by_plane: boolean;
  queue: string | null;
  type: string | null;
  agent: string | null;
  max_running: number | null;
  max_queued: number | null;
  rate: number | null;
  per_seconds: number | null;
  burst: number | null;
  weight: number;
  paused_at: Date | null;
  paused_reason: string | null;
  paused_by: string | null;
  created_at: Date;
}

/** What a rule binds; no two rules have the same. */
export interface RuleKey {
  tenantId: string | null;
  byPlane: boolean;
  queue: string | null;
  type: string | null;
  agent: string | null;
}

const COLUMNS = sql`r.id, r.tenant_id, coalesce(t.slug, o.slug) as tenant, r.by_plane, r.queue, r.type, r.agent, r.max_running, r.max_queued,
  r.rate, r.per_seconds, r.burst, r.weight, r.paused_at, r.paused_reason, r.paused_by, r.created_at`;
const NAMED = sql`left join tenants t on t.id = r.tenant_id left join app.ruled_tenants() o on o.id = r.tenant_id and t.id is null`;

/** The rules that bind a tenant; with `all` also those that the plane made for others. */
export async function listRules(
  db: Executor,
  tenantId: string,
  options: { all: boolean },
): Promise<ClaimRuleRecord[]> {
  const { rows } = await sql<ClaimRuleRecord>`
    select ${COLUMNS} from claim_rules r ${NAMED}
    where r.tenant_id = ${tenantId} or r.tenant_id is null or (${options.all} and r.by_plane)
    order by r.tenant_id nulls first, r.queue nulls first, r.type nulls first, r.id
    limit 1000
  `.execute(db);
  return rows;
}

export async function findRule(db: Executor, id: string): Promise<ClaimRuleRecord | undefined> {
  const { rows } = await sql<ClaimRuleRecord>`
    select ${COLUMNS} from claim_rules r ${NAMED} where r.id = ${id}
  `.execute(db);
  return rows[0];
}

/** Holds the rule of a scope until the transaction ends; answers its id. */
export async function lockRule(db: Executor, key: RuleKey): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select r.id from claim_rules r
    where r.tenant_id is not distinct from ${key.tenantId} and r.by_plane = ${key.byPlane}
      and r.queue is not distinct from ${key.queue} and r.type is not distinct from ${key.type}
      and r.agent is not distinct from ${key.agent} for update
  `.execute(db);
  return rows[0]?.id;
}

/** Sees to it that a scope has a rule, and holds it. */
export async function ensureRule(
  db: Executor,
  key: RuleKey,
  row: { id: string; createdBy: string },
): Promise<string> {
  await sql`
    insert into claim_rules (id, tenant_id, by_plane, queue, type, agent, created_by)
    values (${row.id}, ${key.tenantId}, ${key.byPlane}, ${key.queue}, ${key.type}, ${key.agent}, ${row.createdBy})
    on conflict (tenant_id, by_plane, queue, type, agent) do nothing
  `.execute(db);
  return (await lockRule(db, key)) ?? row.id;
}

/** Pauses, or with null resumes. */
export async function setPause(
  db: Executor,
  id: string,
  pause: { reason: string; by: string } | null,
): Promise<void> {
  await sql`
    update claim_rules set paused_at = ${pause === null ? null : sql`clock_timestamp()`}, paused_reason = ${pause?.reason ?? null},
      paused_by = ${pause?.by ?? null}, version = version + 1
    where id = ${id}
  `.execute(db);
}

export interface Limits {
  maxRunning: number | null;
  maxQueued: number | null;
  rate: { count: number; perSeconds: number; burst: number } | null;
  weight: number;
}

/** A rate that is new begins with a full bucket; one that changes keeps what is in it, as far as it fits. */
export async function setLimits(db: Executor, id: string, limits: Limits): Promise<void> {
  const { rate } = limits;
  const burst = rate?.burst ?? null;
  await sql`
    update claim_rules set max_running = ${limits.maxRunning}, max_queued = ${limits.maxQueued}, weight = ${limits.weight},
      rate = ${rate?.count ?? null}, per_seconds = ${rate?.perSeconds ?? null}, burst = ${burst}::integer,
      tokens = case when ${burst}::integer is not null then least(coalesce(tokens, ${burst}::integer), ${burst}::integer) end,
      refilled_at = case when ${burst}::integer is not null then clock_timestamp() end, version = version + 1
    where id = ${id}
  `.execute(db);
}

/** Takes a rule away that says nothing any more. */
export async function dropEmptyRule(db: Executor, id: string): Promise<void> {
  await sql`
    delete from claim_rules
    where id = ${id} and paused_at is null and max_running is null and max_queued is null and rate is null and weight = 1
  `.execute(db);
}

/** The tenant of this slug, for those who operate the plane. */
export async function tenantToRule(db: Executor, slug: string): Promise<string | undefined> {
  const { rows } = await sql<{
    id: string | null;
  }>`select app.tenant_to_rule(${slug}) as id`.execute(db);
  return rows[0]?.id ?? undefined;
}
