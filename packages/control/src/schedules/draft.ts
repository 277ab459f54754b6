import type { CreateScheduleInput, ScheduledTask } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { judgeTasks } from "@nofx/core/gates";
import { planTasks } from "@nofx/core/planner";
import { databaseTime, type ScheduleDraft } from "@nofx/db/queries";
import { askedOfAgents, assertInputFits } from "../agents/assert-input-fits.ts";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadFacts } from "../plans/load-facts.ts";
import { nextInstants } from "./timetable.ts";

/** What people asked for as it is put down: the task judged as any other, the first instant computed. */
export async function draftSchedule(
  ctx: MemberContext,
  tx: CommandTransaction,
  input: CreateScheduleInput,
): Promise<ScheduleDraft> {
  const now = (await databaseTime(tx.db)).getTime();
  const anchorAt = Math.floor(now / 1_000) * 1_000;
  const { name, cron = null, timeZone, everySeconds = null } = input;
  const [nextAt] = nextInstants({ cron, timeZone, everySeconds, anchorAt }, now, 1);
  return {
    name,
    cron,
    timeZone,
    everySeconds,
    anchorAt: new Date(anchorAt),
    asked: input.task,
    task: await judgedTask(ctx, tx, input.task),
    overlap: input.overlap,
    missed: input.missed,
    catchUp: input.catchUp,
    jitterSeconds: input.jitterSeconds,
    nextAt: nextAt === undefined ? null : new Date(nextAt),
  };
}

async function judgedTask(
  ctx: MemberContext,
  tx: CommandTransaction,
  task: ScheduledTask,
): Promise<ScheduleDraft["task"]> {
  const planning = planTasks({
    tenantId: ctx.tenantId,
    tasks: [task],
    owner: ctx.name,
    unique: ctx.plane.newUuid(),
    sha256: ctx.plane.sha256,
  });
  const [step] = planning.ok ? planning.steps : [];
  if (step === undefined) {
    throw new NofxError("invalid_input", { issues: planning.ok ? [] : planning.issues.map(here) });
  }
  const refused = judgeTasks([step], await loadFacts(ctx, tx));
  if (refused.length > 0) {
    throw new NofxError("plan_required", {
      detail:
        "A schedule starts its task without a plan, so nobody would read a warning or be asked for an approval. Put what needs one into a backlog and plan it.",
      issues: refused.map(here),
    });
  }
  const asked = askedOfAgents([step], () => ["task"]);
  await assertInputFits(ctx, asked, tx);
  return {
    kind: step.kind,
    executor: step.executor,
    capability: step.capability,
    arguments: step.with,
    queue: step.queue,
    priority: step.priority,
    title: step.title,
    max_failures: step.maxFailures,
    deadline_ms: step.deadlineSeconds * 1_000,
    undo: step.undo,
  };
}

/** A schedule has one task, and it is not called `/tasks/0`. */
function here<T extends { path: string }>(issue: T): T {
  return { ...issue, path: issue.path.replace(/^\/tasks(\/0)?/, "/task") };
}
