import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface GateFactsRecord {
  now: Date;
  settings: Record<string, unknown>;
  delete_after_days: number | null;
  approvers: { id: string; name: string; email: string }[];
  groups: Record<string, number>;
  quotas: { queue: string; rate: number; per_seconds: number }[];
  /** Since midnight by the tenant's clock, in picodollars, as text. */
  spent_today: string;
  /** The lowest of the budgets that cap what the whole tenant spends in a day, in picodollars. */
  day_cap: string | null;
}

/** What the database knows beside a plan, for judging it: in one statement. */
export async function loadGateFacts(db: Executor, tenantId: string): Promise<GateFactsRecord> {
  const { rows } = await sql<GateFactsRecord>`
    select clock_timestamp() as now,
      coalesce((select jsonb_object_agg(s.key, s.value) from tenant_settings s where s.tenant_id = ${tenantId}::uuid), '{}') as settings,
      (select ((p.value || coalesce(s.value, '{}')) ->> 'delete_after_days')::integer
        from plane_settings p left join tenant_settings s on s.tenant_id = ${tenantId}::uuid and s.key = 'retention'
        where p.key = 'retention') as delete_after_days,
      coalesce((select jsonb_agg(jsonb_build_object('id', m.user_id, 'name', m.name, 'email', m.email) order by m.created_at)
        from members m where m.tenant_id = ${tenantId}::uuid and m.role in ('supervisor', 'admin')), '[]') as approvers,
      coalesce((select jsonb_object_agg(g.name, (select count(*) from approval_group_members m where m.group_id = g.id))
        from approval_groups g where g.tenant_id = ${tenantId}::uuid), '{}') as groups,
      coalesce((select jsonb_agg(jsonb_build_object('queue', c.queue, 'rate', c.rate, 'per_seconds', c.per_seconds))
        from claim_rules c where c.tenant_id = ${tenantId}::uuid and c.queue is not null and c.rate is not null
          and c.type is null and c.agent is null), '[]') as quotas,
      (select coalesce(sum(u.cost_pico), 0)::text from usage_counters u
        where u.tenant_id = ${tenantId}::uuid
          and u.starts_at >= app.window_start('day', app.time_zone(${tenantId}::uuid), clock_timestamp())) as spent_today,
      (select min(b."limit")::text from budgets b
        where b.tenant_id = ${tenantId}::uuid and b.removed_at is null and b.enabled and b.scope = 'tenant' and b.measure = 'usd'
          and b."window" = 'day' and b.model is null) as day_cap
  `.execute(db);
  if (rows[0] === undefined) throw new Error("the database answered nothing");
  return rows[0];
}

export interface ToolFactRecord {
  name: string;
  version: string;
  sensitivity: "low" | "medium" | "high" | "critical";
  requires_approval: boolean;
  status: string;
}

/** What the tool catalogue says of these tools: the version that holds, or the newest of those that are retired. */
export async function loadTools(
  db: Executor,
  tenantId: string,
  names: readonly string[],
): Promise<ToolFactRecord[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<ToolFactRecord>`
    select distinct on (name) name, version, sensitivity, requires_approval, status from agent_tools
    where tenant_id = ${tenantId}::uuid and name = any(${names}::text[])
    order by name, status = 'active' desc, created_at desc
  `.execute(db);
  return rows;
}

/** Of the kinds of work, those that have succeeded in the tenant's last 50 runs of at most 1,000 steps. */
export async function loadSucceededWork(
  db: Executor,
  tenantId: string,
  work: readonly string[],
): Promise<string[]> {
  if (work.length === 0) return [];
  const { rows } = await sql<{ work: string }>`
    with recent as materialized (
      select id from runs where tenant_id = ${tenantId}::uuid and step_count <= 1000 order by id desc limit 50),
    done as (
      select s.kind, s.capability from recent r join steps s on s.run_id = r.id where s.status = 'succeeded'
      union
      select s.kind, s.capability from recent r join steps_history s on s.run_id = r.id where s.status = 'succeeded')
    select distinct case when d.kind = 'agent' then 'agent:' || coalesce(d.capability, '') else d.kind end as work
    from done d
    where case when d.kind = 'agent' then 'agent:' || coalesce(d.capability, '') else d.kind end = any(${work}::text[])
  `.execute(db);
  return rows.map((row) => row.work);
}

/** Sets or, with undefined, takes away a setting that gates judge by. */
export async function setTenantSetting(
  db: Executor,
  tenantId: string,
  key: "budgets" | "compliance",
  value: unknown,
): Promise<void> {
  if (value === undefined) {
    await sql`delete from tenant_settings where tenant_id = ${tenantId}::uuid and key = ${key}`.execute(
      db,
    );
    return;
  }
  await sql`
    insert into tenant_settings (tenant_id, key, value) values (${tenantId}::uuid, ${key}, ${JSON.stringify(value)}::jsonb)
    on conflict (tenant_id, key) do update set value = excluded.value, updated_at = clock_timestamp()
  `.execute(db);
}
