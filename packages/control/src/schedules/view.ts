import { FiringView, ScheduledTask, ScheduleView, type OccurrenceView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import {
  findSchedule,
  lockSchedule,
  type FiringRecord,
  type ScheduleRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { wallTime, wordsOf, type TimetableRule } from "./timetable.ts";

export function ruleOf(row: ScheduleRecord): TimetableRule {
  return {
    cron: row.cron,
    timeZone: row.time_zone,
    everySeconds: row.every_seconds,
    anchorAt: row.anchor_at.getTime(),
  };
}

export function viewSchedule(row: ScheduleRecord): ScheduleView {
  return ScheduleView.parse({
    id: toId("schedule", row.id),
    name: row.name,
    cron: row.cron,
    timeZone: row.time_zone,
    everySeconds: row.every_seconds,
    words: wordsOf(ruleOf(row)),
    task: ScheduledTask.parse(row.asked),
    overlap: row.overlap,
    missed: row.missed,
    catchUp: row.catch_up,
    jitterSeconds: row.jitter_seconds,
    status: row.status,
    pausedReason: row.paused_reason,
    nextAt: row.next_at?.toISOString() ?? null,
    lastAt: row.last_at?.toISOString() ?? null,
    lastRun: viewRun(row.last_run, row.last_run_status),
    misses: row.misses,
    version: row.version,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  });
}

export function viewFiring(row: FiringRecord): FiringView {
  return FiringView.parse({
    occurrence: row.occurrence.toISOString(),
    outcome: row.outcome,
    run: viewRun(row.run_id, row.run_status),
    occurrences: row.occurrences,
    through: row.through?.toISOString() ?? null,
    error: row.error,
    firedAt: row.fired_at.toISOString(),
    byHand: row.by_hand,
  });
}

export function viewOccurrence(instant: number, timeZone: string): OccurrenceView {
  return { at: new Date(instant).toISOString(), local: wallTime(instant, timeZone) };
}

function viewRun(id: string | null, status: string | null) {
  return id === null ? null : { id: toId("run", id), status };
}

export async function readSchedule(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<ScheduleRecord> {
  const row = await findSchedule(tx.db, ctx.tenantId, id);
  if (row === undefined) throw noSuchSchedule();
  return row;
}

/** Holds a schedule until the command ends; refuses what is not the tenant's. */
export async function holdSchedule(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<ScheduleRecord> {
  if (!(await lockSchedule(tx.db, ctx.tenantId, id))) throw noSuchSchedule();
  return readSchedule(ctx, tx, id);
}

export function noSuchSchedule(): NofxError {
  return new NofxError("not_found", { detail: "There is no such schedule in this tenant." });
}
