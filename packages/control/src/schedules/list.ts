import {
  ListFiringsInput,
  ListSchedulesInput,
  OneSchedule,
  PreviewScheduleInput,
  type FiringPage,
  type ScheduleDetail,
  type SchedulePage,
  type SchedulePreview,
} from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { databaseTime, listFirings as firings, listSchedules as schedules } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { nextInstants, timetableOf, wordsOf } from "./timetable.ts";
import { readSchedule, ruleOf, viewFiring, viewOccurrence, viewSchedule } from "./view.ts";

const NEXT = 5;
const RECENT = 20;

export function listSchedules(
  ctx: MemberContext,
  input: z.input<typeof ListSchedulesInput>,
): Promise<z.infer<typeof SchedulePage>> {
  return runQuery(ctx, ListSchedulesInput, input, async (tx, filter) => {
    const page = await schedules(tx.db, { ...filter, tenantId: ctx.tenantId });
    return { items: page.items.map(viewSchedule), nextCursor: page.nextCursor, total: null };
  });
}

/** One schedule with what comes next and what came of it lately. */
export function getSchedule(
  ctx: MemberContext,
  input: z.input<typeof OneSchedule>,
): Promise<ScheduleDetail> {
  return runQuery(ctx, OneSchedule, input, async (tx, { scheduleId }) => {
    const id = toUuid("schedule", scheduleId);
    const row = await readSchedule(ctx, tx, id);
    const recent = await firings(tx.db, { tenantId: ctx.tenantId, scheduleId: id, limit: RECENT });
    const next: number[] = [];
    let instant = row.next_at?.getTime();
    while (instant !== undefined && next.length < NEXT) {
      next.push(instant);
      instant = timetableOf(ruleOf(row)).after(instant);
    }
    return {
      ...viewSchedule(row),
      next: next.map((at) => viewOccurrence(at, row.time_zone)),
      firings: recent.items.map(viewFiring),
    };
  });
}

export function listFirings(
  ctx: MemberContext,
  input: z.input<typeof ListFiringsInput>,
): Promise<z.infer<typeof FiringPage>> {
  return runQuery(ctx, ListFiringsInput, input, async (tx, { scheduleId, ...filter }) => {
    const id = toUuid("schedule", scheduleId);
    await readSchedule(ctx, tx, id);
    const page = await firings(tx.db, { ...filter, tenantId: ctx.tenantId, scheduleId: id });
    return { items: page.items.map(viewFiring), nextCursor: page.nextCursor, total: null };
  });
}

/** What a timetable says, before there is a schedule of it: in words, and its next instants. */
export function previewSchedule(
  ctx: MemberContext,
  input: z.input<typeof PreviewScheduleInput>,
): Promise<SchedulePreview> {
  return runQuery(ctx, PreviewScheduleInput, input, async (tx, parsed) => {
    const { cron = null, timeZone, everySeconds = null, count } = parsed;
    const now = (await databaseTime(tx.db)).getTime();
    const rule = { cron, timeZone, everySeconds, anchorAt: Math.floor(now / 1_000) * 1_000 };
    return {
      words: wordsOf(rule),
      occurrences: nextInstants(rule, now, count).map((at) => viewOccurrence(at, timeZone)),
    };
  });
}
