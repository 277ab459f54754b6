import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface HierarchyRecord {
  id: string;
  step_id: string;
  parent_step_id: string | null;
  session_id: string | null;
  name: string;
  title: string;
  kind: string;
  capability: string | null;
  role: string;
  depth: number;
  path: string;
  status: string;
  agent_id: string | null;
  agent_name: string | null;
  attempts: number;
  failures: number;
  crashes: number;
  seconds: number | null;
  cost_pico: string | null;
  error_code: string | null;
  failed_below: number;
  opened_at: Date | null;
  region: string | null;
  strategy: string | null;
  mode: string | null;
  session_status: string | null;
  rounds: number | null;
  created_at: Date;
  started_at: Date | null;
  finalised_at: Date | null;
}

/**
 * The tree of a run, parents before what is below them. A run is live or in the history, never in both, so one side of each view is
 * empty and costs one look.
 */
export async function readHierarchy(
  db: Executor,
  filter: { tenantId: string; runId: string; cursor?: string | undefined; limit: number },
) {
  const after = decodeCursor(filter.cursor)?.[0] ?? null;
  const { runId, tenantId, limit } = filter;
  const { rows } = await sql<HierarchyRecord>`
    with page as materialized (
      select h.*, (h.path || '/') collate "C" as place from run_agent_hierarchy_all h
      where h.run_id = ${runId}::uuid and h.tenant_id = ${tenantId}::uuid
        and (${after}::uuid is null or (h.path || '/') collate "C" > (
          select (o.path || '/') collate "C" from run_agent_hierarchy_all o where o.id = ${after}::uuid and o.run_id = ${runId}::uuid))
      order by (h.path || '/') collate "C" limit ${limit + 1}
    ),
    known as materialized (
      select s.id, s.parent_step_id, s.name, s.title, s.kind, s.capability, s.status, s.executor, s.lease_owner, s.epoch, s.failures, s.crashes,
        s.error, s.created_at, s.started_at, s.finalised_at
      from steps_all s where s.run_id = ${runId}::uuid
    )
    select p.id, p.step_id, case when p.parent_id is not null then s.parent_step_id end as parent_step_id, p.session_id, s.name, s.title, s.kind,
      s.capability, p.role, p.depth, p.path, s.status, g.id as agent_id, g.name as agent_name, s.epoch::integer as attempts, s.failures,
      s.crashes, extract(epoch from s.finalised_at - s.created_at)::double precision as seconds, p.metrics ->> 'cost_pico' as cost_pico,
      s.error ->> 'code' as error_code, p.failures as failed_below, p.opened_at, p.region, a.strategy, a.mode, a.status as session_status,
      a.rounds, p.created_at, s.started_at, s.finalised_at
    from page p
    join known s on s.id = p.step_id
    left join agent_registry g on g.id = coalesce(p.agent_id, case when s.executor = 'agent' then s.lease_owner::uuid end)
    left join agent_sessions_all a on a.step_id = p.step_id and a.run_id = ${runId}::uuid and s.kind = 'session'
    order by p.place
  `.execute(db);
  return cutPage(rows, limit, (row) => [row.id]);
}

export async function countHierarchy(
  db: Executor,
  tenantId: string,
  runId: string,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from run_agent_hierarchy_all h
    where h.run_id = ${runId}::uuid and h.tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0]?.n ?? 0;
}
