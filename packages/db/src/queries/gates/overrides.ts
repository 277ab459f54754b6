import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface OverrideRecord {
  id: string;
  plan_id: string;
  plan_title: string;
  plan_version: number;
  /** Of the plan as it is. */
  digest: string;
  scope: string;
  rule: string | null;
  step: string | null;
  reason: string;
  status: string;
  plan_digest: string;
  rules_digest: string;
  covers: unknown[];
  two_people: boolean;
  requested_by: string;
  requested_by_name: string;
  requested_at: Date;
  approval_id: string | null;
  approval_status: string | null;
  decided_by_name: string | null;
  decided_at: Date | null;
  expires_at: Date;
  expired: boolean;
  revoked_by_name: string | null;
  revoked_reason: string | null;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<OverrideRecord[]> {
  const { rows } = await sql<OverrideRecord>`
    select o.id, o.plan_id, p.title as plan_title, p.version as plan_version, p.digest, o.scope, o.rule, o.step, o.reason, o.status,
      o.plan_digest, o.rules_digest, o.covers, o.two_people, o.requested_by, o.requested_by_name, o.requested_at, o.approval_id,
      a.status as approval_status, o.decided_by_name, o.decided_at, o.expires_at, o.expires_at <= clock_timestamp() as expired,
      o.revoked_by_name, o.revoked_reason
    from gate_overrides o join plans p on p.id = o.plan_id left join approvals a on a.id = o.approval_id
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's overrides, or those of one plan, newest first. */
export async function listOverrides(
  db: Executor,
  filter: {
    tenantId: string;
    planId?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { planId = null } = filter;
  const rows = await select(
    db,
    sql`where o.tenant_id = ${filter.tenantId}::uuid and (${before}::uuid is null or o.id < ${before}::uuid)
      and (${planId}::uuid is null or o.plan_id = ${planId}::uuid)
      order by o.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

/** The newest overrides of one plan. */
export function overridesOfPlan(db: Executor, planId: string): Promise<OverrideRecord[]> {
  return select(db, sql`where o.plan_id = ${planId}::uuid order by o.id desc limit 100`);
}

/** One override, held until the transaction ends. */
export async function lockOverride(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<OverrideRecord | undefined> {
  await sql`select id from gate_overrides where id = ${id}::uuid and tenant_id = ${tenantId}::uuid for update`.execute(
    db,
  );
  const rows = await select(db, sql`where o.tenant_id = ${tenantId}::uuid and o.id = ${id}::uuid`);
  return rows[0];
}

/** Ends the open questions about overrides that were asked for under other rules: a yes would lift nothing. Answers which. */
export async function endVoidOverrideQuestions(
  db: Executor,
  tenantId: string,
  rulesDigest: string,
): Promise<{ id: string; plan_id: string; scope: string; verdict: string }[]> {
  const { rows } = await sql<{ id: string; plan_id: string; scope: string; verdict: string }>`
    update approvals a set status = 'superseded', decided_at = clock_timestamp()
    from gate_overrides o join plans p on p.id = o.plan_id
    where o.tenant_id = ${tenantId}::uuid and o.status = 'pending' and o.rules_digest <> ${rulesDigest}
      and a.id = o.approval_id and a.status = 'pending'
    returning o.id, o.plan_id, o.scope, p.verdict
  `.execute(db);
  return rows;
}

/** How many of the tenant's plans that could be executed were judged by other rules than these. */
export async function countVoidPlans(
  db: Executor,
  tenantId: string,
  rulesDigest: string,
): Promise<number> {
  const { rows } = await sql<{ plans: number }>`
    select count(*)::integer as plans from plans p
    where p.tenant_id = ${tenantId}::uuid and p.status in ('ready', 'blocked', 'approved')
      and exists (select from plan_evaluations e where e.plan_id = p.id and e.model is null and e.rules_digest <> ${rulesDigest})
  `.execute(db);
  return rows[0]?.plans ?? 0;
}

/** The sensitive steps of a plan that nobody has been asked about yet, as they were planned. */
export async function listStepsToAsk(db: Executor, planId: string) {
  const { rows } = await sql<{ id: string } & Record<string, unknown>>`
    select ps.id, ps.name, ps.item_key, ps.title, ps.kind, ps.executor, ps.capability, ps.queue, ps.arguments, ps.needs, ps.priority,
      ps.position, ps.sensitive, ps.risk, ps.labels, ps.owner, ps.undo, ps.pivot, ps.max_failures, ps.deadline_seconds, ps.token
    from plan_steps ps
    where ps.plan_id = ${planId}::uuid and ps.sensitive
      and not exists (select from approvals a where a.plan_step_id = ps.id)
    order by ps.position
  `.execute(db);
  return rows;
}
