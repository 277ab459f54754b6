import { OneSchedule } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { deleteSchedule } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { holdSchedule } from "./view.ts";

/** Removes a schedule with the history of its firings. Its runs stay. */
export function removeSchedule(
  ctx: MemberContext,
  input: z.input<typeof OneSchedule>,
): Promise<z.infer<typeof OneSchedule>> {
  const spec = {
    name: "schedules.remove",
    permission: "plan.execute",
    input: OneSchedule,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { scheduleId }) => {
    const id = toUuid("schedule", scheduleId);
    const { name } = await holdSchedule(ctx, tx, id);
    await deleteSchedule(tx.db, id);
    await tx.audit("schedule.removed", { schedule_id: id, name });
    return { scheduleId };
  });
}
