import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** How often one sort of work was tried lately, and the logarithms of what it took where it succeeded. */
export interface MeasuredWork {
  kind: string;
  capability: string | null;
  succeeded: number;
  failed: number;
  durationMs: LogSamples;
  tokens: LogSamples;
  costUsd: LogSamples;
}

export interface LogSamples {
  count: number;
  meanLog: number;
  squaresLog: number;
}

const RECENT_RUNS = 1_000;
const RECENT_RUNS_OF_PLANS = 50;
const STEPS_A_RUN = 400;
const MOST_STEPS = 20_000;

/** What the tenant's newest runs took, by kind and capability, and the median of all their work; null where there is none. */
export async function measureWork(
  db: Executor,
  tenantId: string,
): Promise<{ work: MeasuredWork[]; medianMs: number | null }> {
  const { rows } = await sql<
    Record<string, number> & { kind: string | null; capability: string | null; whole: boolean }
  >`
    with recent as (
      (select r.id from runs_all r where r.tenant_id = ${tenantId}::uuid and r.plan_id is not null order by r.id desc limit ${RECENT_RUNS_OF_PLANS})
      union
      (select r.id from runs_all r where r.tenant_id = ${tenantId}::uuid order by r.id desc limit ${RECENT_RUNS})
    ), measured as (
      select s.kind, s.capability, s.status, s.output,
        greatest(1, extract(epoch from s.finalised_at - s.started_at)::double precision * 1000) as ms
      from recent r cross join lateral (
        select * from steps_all s
        where s.run_id = r.id and s.status in ('succeeded', 'failed') and s.started_at is not null and s.kept_from is null and s.undo_of is null
        limit ${STEPS_A_RUN}
      ) s
      limit ${MOST_STEPS}
    ), logs as (
      select m.kind, m.capability, m.status, m.ms, m.kind not in ('wait', 'approval') as works,
        case when m.status = 'succeeded' then ln(m.ms) end as ms_log,
        case when m.status = 'succeeded' then ln(nullif(app.used(m.output, 'tokens'), 0)) end as tokens_log,
        case when m.status = 'succeeded' then ln(nullif(app.used(m.output, 'costUsd'), 0)) end as cost_log
      from measured m
    )
    select l.kind, l.capability, grouping(l.kind) = 1 as whole,
      count(*) filter (where l.status = 'succeeded')::integer as succeeded, count(*) filter (where l.status = 'failed')::integer as failed,
      percentile_cont(0.5) within group (order by l.ms) filter (where l.works and l.status = 'succeeded') as median,
      ${samples("ms_log")}, ${samples("tokens_log")}, ${samples("cost_log")}
    from logs l group by grouping sets ((l.kind, l.capability), ())
  `.execute(db);
  return {
    work: rows
      .filter((row) => !row.whole)
      .map((row) => ({
        kind: row.kind ?? "",
        capability: row.capability,
        succeeded: row["succeeded"] ?? 0,
        failed: row["failed"] ?? 0,
        durationMs: samplesOf(row, "ms_log"),
        tokens: samplesOf(row, "tokens_log"),
        costUsd: samplesOf(row, "cost_log"),
      })),
    medianMs: rows.find((row) => row.whole)?.["median"] ?? null,
  };
}

const RECENT_VERSIONS = 20;
const RECENT_RUNS_OF_PACK = 3;

/** What each step took in the newest runs of a pack's plans, by its token: the same name with the same arguments. */
export async function measureSteps(
  db: Executor,
  packId: string,
): Promise<Map<string, Pick<MeasuredWork, "durationMs" | "tokens" | "costUsd">>> {
  const { rows } = await sql<Record<string, number> & { token: string }>`
    with versions as (
      select p.id from plans p where p.pack_id = ${packId}::uuid order by p.version desc limit ${RECENT_VERSIONS}
    ), recent as (
      select r.id from versions v cross join lateral (
        select r.id from runs_all r where r.plan_id = v.id order by r.id desc limit ${RECENT_RUNS_OF_PACK}
      ) r
      order by r.id desc limit ${RECENT_RUNS_OF_PACK}
    ), logs as (
      select s.token, ln(greatest(1, extract(epoch from s.finalised_at - s.started_at)::double precision * 1000)) as ms_log,
        ln(nullif(app.used(s.output, 'tokens'), 0)) as tokens_log, ln(nullif(app.used(s.output, 'costUsd'), 0)) as cost_log
      from recent r join steps_all s on s.run_id = r.id
      where s.status = 'succeeded' and s.started_at is not null and s.kept_from is null and s.undo_of is null
    )
    select l.token, ${samples("ms_log")}, ${samples("tokens_log")}, ${samples("cost_log")} from logs l group by l.token
  `.execute(db);
  return new Map(
    rows.map((row) => [
      row.token,
      {
        durationMs: samplesOf(row, "ms_log"),
        tokens: samplesOf(row, "tokens_log"),
        costUsd: samplesOf(row, "cost_log"),
      },
    ]),
  );
}

function samples(column: string) {
  const log = sql.ref(`l.${column}`);
  return sql`count(${log})::integer as ${sql.ref(`${column}_count`)}, coalesce(avg(${log}), 0) as ${sql.ref(`${column}_mean`)},
    coalesce(var_pop(${log}) * count(${log}), 0) as ${sql.ref(`${column}_squares`)}`;
}

function samplesOf(row: Record<string, unknown>, column: string): LogSamples {
  return {
    count: Number(row[`${column}_count`]),
    meanLog: Number(row[`${column}_mean`]),
    squaresLog: Number(row[`${column}_squares`]),
  };
}
