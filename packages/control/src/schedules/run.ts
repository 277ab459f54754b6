import { OneSchedule, type RunScheduleResult } from "@nofx/core/api";
import { STEP_VERSION, toId, toUuid } from "@nofx/core/vocabulary";
import { runSchedule as run } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { noSuchSchedule } from "./view.ts";

/** Starts its task now, outside its timetable, which goes on as it was. A paused one can be run too. */
export function runSchedule(
  ctx: MemberContext,
  input: z.input<typeof OneSchedule>,
): Promise<z.infer<typeof RunScheduleResult>> {
  const spec = { name: "schedules.run", permission: "plan.execute", input: OneSchedule } as const;
  return runCommand(ctx, spec, input, async (tx, { scheduleId }) => {
    const id = toUuid("schedule", scheduleId);
    const ran = await run(tx.db, {
      tenantId: ctx.tenantId,
      id,
      memberId: ctx.actor.id,
      correlationId: ctx.correlationId,
      traceparent: ctx.traceparent ?? null,
      versions: STEP_VERSION,
    });
    if (ran === null) throw noSuchSchedule();
    tx.nudge(ran.run_id);
    tx.ring(ran);
    await tx.audit("schedule.fired", { schedule_id: id, run_id: ran.run_id });
    return { runId: toId("run", ran.run_id) };
  });
}
