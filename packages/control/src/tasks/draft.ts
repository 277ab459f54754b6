import type { TaskInput } from "@nofx/core/api";
import { NofxError, type Issue } from "@nofx/core/errors";
import { planTasks, type PlannedStep } from "@nofx/core/planner";
import { STEP_VERSION } from "@nofx/core/vocabulary";
import type { NewTask } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";

const A_YEAR_MS = 366 * 86_400_000;

export interface TasksDraft {
  readonly steps: readonly PlannedStep[];
  readonly rows: readonly NewTask[];
}

/** Tasks as the engine takes them, with what the planner makes of them; or every place that is wrong. */
export function draftTasks(ctx: MemberContext, tasks: readonly TaskInput[]): TasksDraft {
  const planning = planTasks({
    tenantId: ctx.tenantId,
    tasks,
    owner: ctx.name,
    unique: ctx.plane.newUuid(),
    sha256: ctx.plane.sha256,
  });
  if (!planning.ok) throw new NofxError("invalid_input", { issues: planning.issues });
  return { steps: planning.steps, rows: toRows(ctx, tasks, planning.steps) };
}

function toRows(
  ctx: MemberContext,
  tasks: readonly TaskInput[],
  steps: readonly PlannedStep[],
): NewTask[] {
  const now = ctx.plane.now().getTime();
  const tooFar: Issue[] = [];
  const rows = steps.map((step, i): NewTask => {
    const { key, runAt, delaySeconds = 0 } = tasks[i] ?? {};
    const due = runAt === undefined ? now + delaySeconds * 1_000 : Date.parse(runAt);
    if (due > now + A_YEAR_MS) {
      tooFar.push({ path: `/tasks/${i}/runAt`, message: "is more than a year ahead" });
    }
    return {
      kind: step.kind,
      kind_version: STEP_VERSION[step.kind],
      executor: step.executor,
      capability: step.capability,
      arguments: step.with,
      queue: step.queue,
      priority: step.priority,
      title: step.title,
      key: key ?? null,
      token: step.token,
      // what is due already queues up behind what came before it
      run_at: due > now ? new Date(due).toISOString() : null,
      max_failures: step.maxFailures,
      deadline_ms: step.deadlineSeconds * 1_000,
      undo: step.undo,
    };
  });
  if (tooFar.length > 0) throw new NofxError("invalid_input", { issues: tooFar.slice(0, 200) });
  return rows;
}
