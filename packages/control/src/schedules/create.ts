import { CreateScheduleInput, type ScheduleView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { countSchedules, insertSchedule } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { draftSchedule } from "./draft.ts";
import { readSchedule, viewSchedule } from "./view.ts";

const MOST = 1_000;

/** Has a task begin by the clock, from now on. */
export function createSchedule(
  ctx: MemberContext,
  input: z.input<typeof CreateScheduleInput>,
): Promise<ScheduleView> {
  const spec = {
    name: "schedules.create",
    permission: "plan.execute",
    input: CreateScheduleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    if ((await countSchedules(tx.db, ctx.tenantId)) >= MOST) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MOST} schedules. Remove one first.`,
      });
    }
    const draft = await draftSchedule(ctx, tx, parsed);
    const id = ctx.plane.newUuid();
    const of = { id, tenantId: ctx.tenantId, createdBy: ctx.actor.id };
    if (!(await insertSchedule(tx.db, of, draft))) throw nameTaken(draft.name);
    const view = viewSchedule(await readSchedule(ctx, tx, id));
    await tx.audit("schedule.created", {
      schedule_id: id,
      name: draft.name,
      kind: draft.task.kind,
    });
    return view;
  });
}

export function nameTaken(name: string): NofxError {
  return new NofxError("conflict", {
    detail: `There is a schedule "${name}" already. Choose another name, or change that one.`,
    issues: [{ path: "/name", message: "is taken" }],
  });
}
