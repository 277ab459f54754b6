import { OneSchedule, PauseScheduleInput, type ScheduleView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { databaseTime, setScheduleStatus } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { nextInstants } from "./timetable.ts";
import { holdSchedule, readSchedule, ruleOf, viewSchedule } from "./view.ts";

/** Has nothing begin by it until it is resumed. What has begun goes on. */
export function pauseSchedule(
  ctx: MemberContext,
  input: z.input<typeof PauseScheduleInput>,
): Promise<ScheduleView> {
  const spec = {
    name: "schedules.pause",
    permission: "plan.execute",
    input: PauseScheduleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { scheduleId, reason }) => {
    const id = toUuid("schedule", scheduleId);
    await holdSchedule(ctx, tx, id);
    await setScheduleStatus(tx.db, id, { status: "paused", reason });
    const view = viewSchedule(await readSchedule(ctx, tx, id));
    await tx.audit("schedule.paused", { schedule_id: id, reason });
    return view;
  });
}

/** Goes on with the next instant from now: what would have been in the pause is not missed, it was not wanted. */
export function resumeSchedule(
  ctx: MemberContext,
  input: z.input<typeof OneSchedule>,
): Promise<ScheduleView> {
  const spec = {
    name: "schedules.resume",
    permission: "plan.execute",
    input: OneSchedule,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { scheduleId }) => {
    const id = toUuid("schedule", scheduleId);
    const before = await holdSchedule(ctx, tx, id);
    if (before.status === "active") return viewSchedule(before);
    const now = (await databaseTime(tx.db)).getTime();
    const [next] = nextInstants(ruleOf(before), now, 1);
    const nextAt = next === undefined ? null : new Date(next);
    await setScheduleStatus(tx.db, id, { status: "active", nextAt });
    const view = viewSchedule(await readSchedule(ctx, tx, id));
    await tx.audit("schedule.resumed", { schedule_id: id });
    return view;
  });
}
