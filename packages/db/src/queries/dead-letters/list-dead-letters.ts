import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface DeadLetterRecord {
  id: string;
  status: string;
  stage: string;
  reason: string;
  version: number;
  run_id: string;
  step_id: string;
  step_name: string;
  title: string;
  kind: string;
  /** Null of a task, as the pack. */
  plan_id: string | null;
  pack: string | null;
  error: { code: string; message: string };
  payload: Record<string, unknown>;
  history: {
    epoch: number;
    outcome: string | null;
    error_code: string | null;
    message: string | null;
    executor: string;
    worker_version: string | null;
    claimed_at: string | null;
    finished_at: string | null;
  }[];
  worker_version: string | null;
  correlation_id: string;
  failures: number;
  crashes: number;
  note: string | null;
  triaged_by: string | null;
  redrive_run: string | null;
  compensation_id: string | null;
  pending_approval: string | null;
  first_at: Date;
  last_at: Date;
  /** To the microsecond, for the cursor: a Date has milliseconds, and would skip rows. */
  last_key: string;
}

export interface DeadLetterFilter {
  tenantId: string;
  /** Empty: any. */
  statuses: readonly string[];
  stage?: string | undefined;
  reason?: string | undefined;
  runId?: string | undefined;
  pack?: string | undefined;
}

const source = sql`
  dead_letters d
  join steps_all s on s.id = d.step_id
  join runs_all r on r.id = d.run_id
  left join plans p on p.id = r.plan_id
  left join packs k on k.id = p.pack_id`;

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<DeadLetterRecord[]> {
  const { rows } = await sql<DeadLetterRecord>`
    select d.id, d.status, d.stage, d.reason, d.version, d.run_id, d.step_id, s.name as step_name, s.title, s.kind, r.plan_id, k.name as pack,
           d.error, d.payload, d.history, d.worker_version, d.correlation_id, d.failures, d.crashes, d.note, d.redrive_run, d.first_at, d.last_at, d.last_at::text as last_key,
           coalesce((select m.name from members m where m.tenant_id = d.tenant_id and m.user_id::text = d.triaged_by), d.triaged_by) as triaged_by,
           case when d.stage = 'compensate' then (
             select c.id from compensations_all c join steps_all u on u.id = c.undo_step and u.name = s.name where c.step_id = s.undo_of
           ) end as compensation_id,
           (select a.id from approvals a join steps_all x on x.id = a.step_id
            where x.run_id = coalesce(d.redrive_run, d.run_id) and x.name = s.name and a.status = 'pending'
            order by a.id desc limit 1) as pending_approval
    from ${source} ${rest}
  `.execute(db);
  return rows;
}

/** What a filter means. A run's letters are those of its steps and those that it tries again. */
function where(filter: DeadLetterFilter): RawBuilder<unknown> {
  const runId = filter.runId ?? null;
  return sql`d.tenant_id = ${filter.tenantId}::uuid
    and (${filter.statuses.length === 0} or d.status = any(${[...filter.statuses]}::text[]))
    and (${filter.stage ?? null}::text is null or d.stage = ${filter.stage ?? null})
    and (${filter.reason ?? null}::text is null or d.reason = ${filter.reason ?? null})
    and (${filter.pack ?? null}::text is null or k.name = ${filter.pack ?? null})
    and (${runId}::uuid is null or d.run_id = ${runId}::uuid or d.redrive_run = ${runId}::uuid)`;
}

/** Dead letters, those that failed last first. */
export async function listDeadLetters(
  db: Executor,
  filter: DeadLetterFilter & { cursor?: string | undefined; limit: number },
) {
  const before = decodeCursor(filter.cursor);
  const rows = await select(
    db,
    sql`where ${where(filter)}
      and (${before === undefined}::boolean or (d.last_at, d.id) < (${before?.[0] ?? null}::timestamptz, ${before?.[1] ?? null}::uuid))
      order by d.last_at desc, d.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.last_key, row.id]);
}

/** How many there are, counted no further than `most`. */
export async function countDeadLetters(
  db: Executor,
  filter: DeadLetterFilter & { most: number },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from (select from ${source} where ${where(filter)} limit ${filter.most}) found
  `.execute(db);
  return rows[0]?.count ?? 0;
}

export async function findDeadLetter(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<DeadLetterRecord | undefined> {
  const rows = await select(db, sql`where d.tenant_id = ${tenantId}::uuid and d.id = ${id}::uuid`);
  return rows[0];
}

/** Locks a letter, and says how it stands. */
export async function lockDeadLetter(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<{ status: string; stage: string; version: number } | undefined> {
  const { rows } = await sql<{ status: string; stage: string; version: number }>`
    select status, stage, version from dead_letters where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update
  `.execute(db);
  return rows[0];
}

/** How many open letters a bulk redrive would take, by reason, and the oldest ten of them. */
export async function matchDeadLetters(
  db: Executor,
  filter: DeadLetterFilter & { limit: number },
): Promise<{ ids: string[]; byReason: Record<string, number>; sample: DeadLetterRecord[] }> {
  const { rows } = await sql<{ id: string; reason: string }>`
    select d.id, d.reason from ${source} where ${where(filter)} order by d.first_at, d.id limit ${filter.limit}
  `.execute(db);
  const byReason: Record<string, number> = {};
  for (const { reason } of rows) byReason[reason] = (byReason[reason] ?? 0) + 1;
  const ids = rows.map((row) => row.id);
  const sample = await select(
    db,
    sql`where d.id = any(${ids.slice(0, 10)}::uuid[]) order by d.first_at, d.id`,
  );
  return { ids, byReason, sample };
}
