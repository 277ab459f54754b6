import { SubmitTasksInput, type SubmitTasksResult, type TaskInput } from "@nofx/core/api";
import { NofxError, type Issue } from "@nofx/core/errors";
import { judgeTasks } from "@nofx/core/gates";
import { planTasks, type PlannedStep } from "@nofx/core/planner";
import { STEP_VERSION, toId } from "@nofx/core/vocabulary";
import { enqueueTasks, type NewTask } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadFacts } from "../plans/load-facts.ts";
import { admit, countByQueue } from "../queues/admit.ts";

const A_YEAR_MS = 366 * 86_400_000;

/**
 * Queues tasks, all or none: each is a run of one step, without a plan. What a gate would warn of, block or hold for an
 * approval is refused: that takes a plan.
 */
export function submitTasks(
  ctx: MemberContext,
  input: z.input<typeof SubmitTasksInput>,
): Promise<SubmitTasksResult> {
  const spec = {
    name: "tasks.submit",
    permission: "plan.execute",
    input: SubmitTasksInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { tasks }, digest) => {
    const steps = await judged(ctx, tx, tasks);
    await admit(ctx, tx, countByQueue(steps));
    const { runs, existing, ...queued } = await enqueueTasks(tx.db, {
      tenantId: ctx.tenantId,
      tasks: toRows(ctx, tasks, steps),
      actor: ctx.actor,
      correlationId: ctx.correlationId,
      traceparent: ctx.traceparent ?? null,
    });
    // the engine has told of all of them in one event; one topic is enough to have it read
    if (runs[0] !== undefined) tx.nudge(runs[0]);
    tx.ring(queued);
    await tx.audit("tasks.submitted", { count: tasks.length, digest });
    return { runs: runs.map((run) => toId("run", run)), existing };
  });
}

async function judged(
  ctx: MemberContext,
  tx: CommandTransaction,
  tasks: readonly TaskInput[],
): Promise<PlannedStep[]> {
  const planning = planTasks({
    tenantId: ctx.tenantId,
    tasks,
    owner: ctx.name,
    unique: ctx.plane.newUuid(),
    sha256: ctx.plane.sha256,
  });
  if (!planning.ok) throw new NofxError("invalid_input", { issues: planning.issues });
  // what is unknown here counts as not allowed
  const facts = planning.steps.some(isOfShell) ? await loadFacts(ctx, tx) : NOTHING_ALLOWED;
  const refused = judgeTasks(planning.steps, facts);
  if (refused.length > 0) throw planRequired(refused);
  return planning.steps;
}

const NOTHING_ALLOWED = { shell: "off", sandboxAvailable: false } as const;

/** Facts are about commands: one that submits others need not ask for them. */
function isOfShell({ kind, undo }: PlannedStep): boolean {
  return kind === "shell" || undo?.kind === "shell";
}

function planRequired(issues: readonly Issue[]): NofxError {
  return new NofxError("plan_required", {
    detail:
      "Tasks run without a plan, so nobody would read a warning or be asked for an approval. Put what needs one into a backlog and plan it (POST /api/backlog/import, then /api/auto-planner/plan), or submit the others without it.",
    issues,
  });
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
