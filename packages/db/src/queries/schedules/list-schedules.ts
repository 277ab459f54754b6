import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface ScheduleRecord {
  id: string;
  name: string;
  cron: string | null;
  time_zone: string;
  every_seconds: number | null;
  anchor_at: Date;
  asked: unknown;
  overlap: string;
  missed: string;
  catch_up: number;
  jitter_seconds: number;
  status: string;
  paused_reason: string | null;
  next_at: Date | null;
  last_at: Date | null;
  last_run: string | null;
  last_run_status: string | null;
  misses: number;
  version: number;
  created_by: string;
  created_at: Date;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<ScheduleRecord[]> {
  const { rows } = await sql<ScheduleRecord>`
    select s.id, s.name, s.cron, s.time_zone, s.every_seconds, s.anchor_at, s.asked, s.overlap, s.missed, s.catch_up, s.jitter_seconds,
      s.status, s.paused_reason, s.next_at, s.last_at, s.last_run, r.status as last_run_status, s.misses, s.version, s.created_at,
      coalesce((select m.name from members m where m.tenant_id = s.tenant_id and m.user_id = s.created_by), s.created_by::text)
        as created_by
    from schedules s
    left join runs_all r on r.id = s.last_run
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's schedules, newest first. */
export async function listSchedules(
  db: Executor,
  filter: {
    tenantId: string;
    status?: string | undefined;
    search?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { status = null, search = null } = filter;
  const rows = await select(
    db,
    sql`where s.tenant_id = ${filter.tenantId}::uuid and (${before}::uuid is null or s.id < ${before}::uuid)
      and (${status}::text is null or s.status = ${status}) and (${search}::text is null or strpos(s.name, lower(${search})) > 0)
      order by s.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function findSchedule(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<ScheduleRecord | undefined> {
  const rows = await select(db, sql`where s.tenant_id = ${tenantId}::uuid and s.id = ${id}::uuid`);
  return rows[0];
}

export interface FiringRecord {
  occurrence: Date;
  outcome: string;
  run_id: string | null;
  run_status: string | null;
  occurrences: number;
  through: Date | null;
  error: string | null;
  fired_at: Date;
  by_hand: boolean;
}

/** What became of a schedule's instants, newest first. The cursor keeps microseconds, which dates of JavaScript lose. */
export async function listFirings(
  db: Executor,
  filter: { tenantId: string; scheduleId: string; cursor?: string | undefined; limit: number },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<FiringRecord & { key: string }>`
    select f.occurrence, f.outcome, f.run_id, r.status as run_status, f.occurrences, f.through, f.error, f.fired_at,
      f.by_member is not null as by_hand, f.occurrence::text as key
    from schedule_firings f
    left join runs_all r on r.id = f.run_id
    where f.schedule_id = ${filter.scheduleId}::uuid and f.tenant_id = ${filter.tenantId}::uuid
      and (${before}::timestamptz is null or f.occurrence < ${before}::timestamptz)
    order by f.occurrence desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.key]);
}
