import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { NewTask } from "../tasks/submit-tasks.ts";

/** What people say of a schedule, and its first instant. */
export interface ScheduleDraft {
  name: string;
  cron: string | null;
  timeZone: string;
  everySeconds: number | null;
  anchorAt: Date;
  asked: Record<string, unknown>;
  task: Omit<NewTask, "kind_version" | "token" | "run_at" | "key">;
  overlap: string;
  missed: string;
  catchUp: number;
  jitterSeconds: number;
  nextAt: Date | null;
}

/** The database's time: instants are computed from it and from no other clock. */
export async function databaseTime(db: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  if (rows[0] === undefined) throw new Error("the database does not say what time it is");
  return rows[0].now;
}

export async function countSchedules(db: Executor, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from schedules where tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0]?.n ?? 0;
}

/** Answers false where the tenant has another one of this name. */
export async function insertSchedule(
  db: Executor,
  of: { id: string; tenantId: string; createdBy: string },
  draft: ScheduleDraft,
): Promise<boolean> {
  const { rows } = await sql`
    insert into schedules (id, tenant_id, name, cron, time_zone, every_seconds, anchor_at, asked, task, overlap, missed, catch_up,
      jitter_seconds, next_at, created_by)
    values (${of.id}, ${of.tenantId}, ${draft.name}, ${draft.cron}, ${draft.timeZone}, ${draft.everySeconds}, ${draft.anchorAt},
      ${JSON.stringify(draft.asked)}::jsonb, ${JSON.stringify(draft.task)}::jsonb, ${draft.overlap}, ${draft.missed}, ${draft.catchUp},
      ${draft.jitterSeconds}, ${draft.nextAt}, ${of.createdBy}::uuid)
    on conflict (tenant_id, name) do nothing
    returning id
  `.execute(db);
  return rows.length > 0;
}

export async function isScheduleName(
  db: Executor,
  tenantId: string,
  name: string,
  except: string,
): Promise<boolean> {
  const { rows } = await sql`
    select id from schedules where tenant_id = ${tenantId}::uuid and name = ${name} and id <> ${except}::uuid
  `.execute(db);
  return rows.length > 0;
}

/** Puts down what people changed. The new version ends what a scheduler has computed from the one before. */
export async function updateSchedule(
  db: Executor,
  id: string,
  draft: ScheduleDraft,
): Promise<void> {
  await sql`
    update schedules
    set name = ${draft.name}, cron = ${draft.cron}, time_zone = ${draft.timeZone}, every_seconds = ${draft.everySeconds},
      anchor_at = ${draft.anchorAt}, asked = ${JSON.stringify(draft.asked)}::jsonb, task = ${JSON.stringify(draft.task)}::jsonb,
      overlap = ${draft.overlap}, missed = ${draft.missed}, catch_up = ${draft.catchUp}, jitter_seconds = ${draft.jitterSeconds},
      next_at = ${draft.nextAt}, version = version + 1, changed_at = clock_timestamp()
    where id = ${id}::uuid
  `.execute(db);
}

/** Pauses it, or has it go on with `nextAt`. */
export async function setScheduleStatus(
  db: Executor,
  id: string,
  to: { status: "paused"; reason: string } | { status: "active"; nextAt: Date | null },
): Promise<void> {
  const reason = to.status === "paused" ? to.reason : null;
  const nextAt = to.status === "active" ? to.nextAt : null;
  await sql`
    update schedules
    set status = ${to.status}, paused_reason = ${reason}, next_at = ${nextAt}, version = version + 1, changed_at = clock_timestamp()
    where id = ${id}::uuid
  `.execute(db);
}

/** Locks a schedule until the command ends. Answers whether it is there. */
export async function lockSchedule(db: Executor, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    select id from schedules where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update
  `.execute(db);
  return rows.length > 0;
}

export async function deleteSchedule(db: Executor, id: string): Promise<void> {
  await sql`delete from schedules where id = ${id}::uuid`.execute(db);
}

export interface RanSchedule {
  run_id: string;
  for_workers: number;
  for_agents: number;
}

/** Fires it outside its timetable. */
export async function runSchedule(
  db: Executor,
  of: {
    tenantId: string;
    id: string;
    memberId: string;
    correlationId: string;
    traceparent: string | null;
    versions: Readonly<Record<string, number>>;
  },
): Promise<RanSchedule | null> {
  const { rows } = await sql<{ value: RanSchedule | null }>`
    select engine.run_schedule(${of.tenantId}::uuid, ${of.id}::uuid, ${of.memberId}::uuid, ${of.correlationId}::uuid,
      ${of.traceparent}::text, ${JSON.stringify(of.versions)}::jsonb) as value
  `.execute(db);
  return rows[0]?.value ?? null;
}
