import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface AttemptRecord {
  epoch: number;
  executor: string;
  claimed_at: string;
  finished_at: string | null;
  outcome: string | null;
  error_code: string | null;
  worker_version: string | null;
  refused_at: string | null;
  refused_outcome: string | null;
}

export interface StepRecord {
  id: string;
  name: string;
  title: string;
  kind: string;
  capability: string | null;
  status: string;
  holds: number;
  position: number;
  needs: string[];
  unmet: string[];
  epoch: number;
  failures: number;
  crashes: number;
  lease_owner: string | null;
  progress: { percent?: number; note?: string } | null;
  sensitive: boolean;
  arguments: Record<string, unknown>;
  output: unknown;
  error: { code: string; message: string } | null;
  x: number | null;
  y: number | null;
  created_at: Date;
  started_at: Date | null;
  finalised_at: Date | null;
  run_at: Date;
  due: boolean;
  deadline_at: Date | null;
  cancel_requested_at: Date | null;
  pivot: boolean;
  undo_of: string | null;
  parent_step_id: string | null;
  kept_from: string | null;
  kept_from_run: string | null;
  attempts: AttemptRecord[];
}

const UTC = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** Steps of a run in plan order, with their attempts and what each still waits for. */
export async function listSteps(
  db: Executor,
  filter: { runId: string; cursor?: string | undefined; limit: number },
) {
  const [after = null, afterId = null] = decodeCursor(filter.cursor) ?? [];
  const { rows } = await sql<StepRecord>`
    select s.id, s.name, s.title, s.kind, s.capability, s.status, s.holds, s.position, s.epoch, s.failures, s.crashes, s.progress,
           s.sensitive, s.arguments, s.output, s.error, p.x, p.y, s.created_at, s.started_at, s.finalised_at, s.run_at,
           s.run_at <= clock_timestamp() as due, s.deadline_at, s.cancel_requested_at, s.pivot, s.undo_of, s.parent_step_id, s.kept_from,
           case when s.kept_from is not null then (select k.run_id from steps_all k where k.id = s.kept_from) end as kept_from_run,
           coalesce((select g.name from agent_registry g where g.id::text = s.lease_owner), s.lease_owner) as lease_owner,
           coalesce(needed.names, '{}') as needs, coalesce(needed.unmet, '{}') as unmet,
           coalesce((
             select jsonb_agg(jsonb_build_object('epoch', a.epoch, 'outcome', a.outcome, 'error_code', a.error_code,
               'worker_version', a.worker_version, 'refused_outcome', a.refused_outcome,
               'refused_at', to_char(a.refused_at at time zone 'UTC', ${sql.raw(UTC)}),
               'executor', coalesce((select g.name from agent_registry g where g.id::text = a.executor), a.executor),
               'claimed_at', to_char(a.claimed_at at time zone 'UTC', ${sql.raw(UTC)}),
               'finished_at', to_char(a.finished_at at time zone 'UTC', ${sql.raw(UTC)})) order by a.epoch)
             from attempts_all a where a.step_id = s.id), '[]') as attempts
    from steps_all s
    left join plan_steps p on p.id = s.plan_step_id
    left join lateral (
      select array_agg(n.name order by n.position) as names,
             array_agg(n.name order by n.position) filter (where n.status <> 'succeeded'
               and (d.required or n.status not in ('failed', 'cancelled'))) as unmet
      from step_dependencies_all d
      -- offset 0 keeps this a look-up by primary key: without statistics a join would read all steps once a row
      cross join lateral (select x.name, x.position, x.status from steps_all x where x.id = d.depends_on offset 0) n
      where d.step_id = s.id
    ) needed on true
    where s.run_id = ${filter.runId}::uuid and (${after}::integer is null or (s.position, s.id) > (${after}::integer, ${afterId}::uuid))
    order by s.position, s.id limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.position, row.id]);
}
