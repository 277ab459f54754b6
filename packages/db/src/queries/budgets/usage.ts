import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

export interface UsageSumsRecord {
  calls: number;
  failed: number;
  cached: number;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** Picodollars, as text. */
  cost_pico: string;
  unpriced: number;
}

export interface UsageRecord extends UsageSumsRecord {
  key: string | null;
  name: string | null;
  /** The sum of all rows. */
  total: boolean;
}

export interface UsageFilter {
  tenantId: string;
  by: "tenant" | "run" | "step" | "agent" | "model" | "day";
  zone: string;
  from: Date;
  to: Date;
  runId?: string | undefined;
  agentId?: string | undefined;
  model?: string | undefined;
  limit: number;
}

const MODEL = sql`(c.provider || '/' || c.model)`;

const KEYS = (zone: string): Record<UsageFilter["by"], RawBuilder<unknown>> => ({
  tenant: sql`c.tenant_id::text`,
  run: sql`c.run_id::text`,
  step: sql`c.step_id::text`,
  agent: sql`c.agent_id::text`,
  model: MODEL,
  day: sql`to_char(c.started_at at time zone ${zone}, 'YYYY-MM-DD')`,
});

const NAMES: Record<UsageFilter["by"], RawBuilder<unknown>> = {
  tenant: sql`(select t.name from tenants t where t.id::text = s.key)`,
  run: sql`(select coalesce(r.title, p.title) from runs_all r left join plans p on p.id = r.plan_id where r.id = s.key::uuid)`,
  step: sql`(select x.name from steps_all x where x.id = s.key::uuid)`,
  agent: sql`(select a.name from agent_registry a where a.id = s.key::uuid)`,
  model: sql`null::text`,
  day: sql`null::text`,
};

function where(filter: UsageFilter): RawBuilder<unknown> {
  return sql`c.tenant_id = ${filter.tenantId}::uuid and c.started_at >= ${filter.from} and c.started_at < ${filter.to}
    and (${filter.runId ?? null}::uuid is null or c.run_id = ${filter.runId ?? null}::uuid)
    and (${filter.agentId ?? null}::uuid is null or c.agent_id = ${filter.agentId ?? null}::uuid)
    and (${filter.model ?? null}::text is null or ${MODEL} = ${filter.model ?? null})`;
}

/** What calls of models used and cost, summed by one dimension, and over all: one statement, so that the rows and the sum agree. */
export async function sumUsage(db: Executor, filter: UsageFilter): Promise<UsageRecord[]> {
  const order =
    filter.by === "day" ? sql`s.key desc` : sql`s.cost desc, s.calls desc, s.key nulls last`;
  const { rows } = await sql<UsageRecord>`
    with calls as (
      select ${KEYS(filter.zone)[filter.by]} as key, c.* from model_calls c where ${where(filter)}
    ),
    s as (
      select c.key, grouping(c.key) = 1 as total, count(*)::integer as calls,
        count(*) filter (where c.status in ('failed', 'lost'))::integer as failed,
        count(*) filter (where c.cache in ('exact', 'semantic'))::integer as cached,
        coalesce(sum(c.input_tokens), 0)::bigint as input_tokens,
        coalesce(sum(c.cache_read_tokens), 0)::bigint as cache_read_tokens,
        coalesce(sum(c.cache_write_tokens), 0)::bigint as cache_write_tokens,
        coalesce(sum(c.output_tokens), 0)::bigint as output_tokens,
        coalesce(sum(c.reasoning_tokens), 0)::bigint as reasoning_tokens,
        coalesce(sum(c.cost_pico), 0) as cost,
        count(*) filter (where c.cost_pico is null and c.status in ('succeeded', 'abandoned', 'lost'))::integer as unpriced
      from calls c group by grouping sets ((c.key), ())
    )
    select s.*, s.cost::text as cost_pico, case when not s.total then ${NAMES[filter.by]} end as name
    from s order by s.total desc, ${order} limit ${filter.limit + 1}
  `.execute(db);
  return rows;
}

/** What each model cost on each day. */
export async function sumDaysByModel(
  db: Executor,
  filter: UsageFilter,
): Promise<{ day: string; model: string; cost_pico: string }[]> {
  const { rows } = await sql<{ day: string; model: string; cost_pico: string }>`
    select ${KEYS(filter.zone).day} as day, ${MODEL} as model, coalesce(sum(c.cost_pico), 0)::text as cost_pico
    from model_calls c where ${where(filter)} group by 1, 2 order by 1, 2 limit 5000
  `.execute(db);
  return rows;
}

/** What the counters say of the same time: whole hours. */
export async function sumCounters(
  db: Executor,
  filter: Pick<UsageFilter, "tenantId" | "from" | "to">,
): Promise<{ calls: number; tokens: number; cost_pico: string }> {
  const { rows } = await sql<{ calls: number; tokens: number; cost_pico: string }>`
    select coalesce(sum(u.calls), 0)::bigint as calls, coalesce(sum(u.tokens), 0)::bigint as tokens,
      coalesce(sum(u.cost_pico), 0)::text as cost_pico
    from usage_counters u
    where u.tenant_id = ${filter.tenantId}::uuid and u.starts_at >= ${filter.from} and u.starts_at < ${filter.to}
  `.execute(db);
  return rows[0] ?? { calls: 0, tokens: 0, cost_pico: "0" };
}

/** When days of the tenant begin and end: the first's beginning, the last's end. */
export async function daysBetween(
  db: Executor,
  zone: string,
  days: { from: string | undefined; to: string | undefined; back: number },
): Promise<{ from: Date; to: Date }> {
  const { rows } = await sql<{ from: Date; to: Date }>`
    with today as (select (clock_timestamp() at time zone ${zone})::date as day),
    span as (
      select coalesce(${days.to ?? null}::date, greatest(t.day, ${days.from ?? null}::date)) as last, t.day from today t)
    select coalesce(${days.from ?? null}::date, s.last - ${days.back}::integer)::timestamp at time zone ${zone} as "from",
      (s.last + 1)::timestamp at time zone ${zone} as "to"
    from span s
  `.execute(db);
  if (rows[0] === undefined) throw new Error("the database answered nothing");
  return rows[0];
}
