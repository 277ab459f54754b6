import { UpdateScheduleInput, type ScheduleView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { isScheduleName, updateSchedule as update } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { nameTaken } from "./create.ts";
import { draftSchedule } from "./draft.ts";
import { holdSchedule, readSchedule, viewSchedule } from "./view.ts";

/** Changes a schedule, all of it at once. It goes on from now by its new timetable; a paused one stays paused. */
export function updateSchedule(
  ctx: MemberContext,
  input: z.input<typeof UpdateScheduleInput>,
): Promise<ScheduleView> {
  const spec = {
    name: "schedules.update",
    permission: "plan.execute",
    input: UpdateScheduleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { scheduleId, version, ...parsed }) => {
    const id = toUuid("schedule", scheduleId);
    const before = await holdSchedule(ctx, tx, id);
    if (before.version !== version) {
      throw new NofxError("conflict", {
        detail: "Somebody has changed this schedule meanwhile. Read it again, then change it.",
        data: { version: before.version },
      });
    }
    if (await isScheduleName(tx.db, ctx.tenantId, parsed.name, id)) throw nameTaken(parsed.name);
    const draft = await draftSchedule(ctx, tx, parsed);
    await update(tx.db, id, before.status === "paused" ? { ...draft, nextAt: null } : draft);
    const view = viewSchedule(await readSchedule(ctx, tx, id));
    await tx.audit("schedule.changed", { schedule_id: id, version: view.version });
    return view;
  });
}
