import { ForkRunInput, RerunRunInput, type ForkRunResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import {
  findPlan,
  findSteps,
  forkRun as callFork,
  type EditableStep,
  type ForkAnswer,
  loadStoredSteps,
} from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { checkExecution } from "../gates/check-execution.ts";
import { StoredStep } from "../plans/digest.ts";
import { checkEdits } from "./edits.ts";
import { RunInput } from "./read.ts";
import { loadRun } from "./view.ts";

const ForkInput = ForkRunInput.extend(RunInput.shape);
const RerunInput = RerunRunInput.extend(RunInput.shape);

/**
 * A new run that goes on with one that has ended, from these steps: they run again, with all that needs them and all that
 * had not succeeded or was undone. The rest is taken over as it ended.
 */
export function forkRun(
  ctx: MemberContext,
  input: z.input<typeof ForkInput>,
): Promise<ForkRunResult> {
  const spec = { name: "runs.fork", permission: "run.control", input: ForkInput } as const;
  return runCommand(ctx, spec, input, async (tx, { runId, from, edits, keepCheckpoints }) => {
    // what is edited runs again
    const names = [...new Set([...from, ...Object.keys(edits)])];
    return begin(ctx, tx, { runId, from: names, edits, keepCheckpoints });
  });
}

/** A new run of the same plan, from the start and in a workspace of its own. */
export function rerunRun(
  ctx: MemberContext,
  input: z.input<typeof RerunInput>,
): Promise<ForkRunResult> {
  const spec = { name: "runs.rerun", permission: "run.control", input: RerunInput } as const;
  return runCommand(ctx, spec, input, (tx, { runId, edits }) =>
    begin(ctx, tx, { runId, from: null, edits, keepCheckpoints: false }),
  );
}

async function begin(
  ctx: MemberContext,
  tx: CommandTransaction,
  wanted: {
    runId: string;
    from: readonly string[] | null;
    edits: Readonly<Record<string, Record<string, unknown>>>;
    keepCheckpoints: boolean;
  },
): Promise<ForkRunResult> {
  const { runId, from, edits, keepCheckpoints } = wanted;
  const run = await loadRun(ctx, tx, runId);
  const steps = await findSteps(tx.db, run.id, from ?? Object.keys(edits));
  refuseUnlessOfPlan(steps, from ?? Object.keys(edits));
  await refuseUnlessPlanMayRun(ctx, tx, run.plan_id);
  const newRunId = ctx.plane.newUuid();
  const answer = await callFork(tx.db, {
    tenantId: ctx.tenantId,
    sourceRunId: run.id,
    newRunId,
    from,
    edits: checkEdits(ctx, steps, edits, (name) => ["edits", name]),
    keepCheckpoints,
    requesterName: ctx.name,
    correlationId: ctx.correlationId,
    traceparent: ctx.traceparent ?? null,
  });
  if (answer === undefined) throw new NofxError("not_found");
  if (answer.result !== "forked") throw inTheWay(answer);
  tx.nudge(newRunId);
  tx.ring({ for_workers: answer.for_workers ?? 0, for_agents: answer.for_agents ?? 0 });
  await tx.audit("run.forked", {
    run_id: newRunId,
    forked_from: run.id,
    from,
    edited: Object.keys(edits),
    kept: answer.kept,
  });
  return {
    runId: toId("run", newRunId),
    steps: answer.steps,
    kept: answer.kept,
    pendingApprovals: answer.approvals,
  };
}

/** What runs again is judged as what runs for the first time: rules, overrides and windows as they are now. */
async function refuseUnlessPlanMayRun(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string | null,
): Promise<void> {
  if (planId === null) return;
  await sql`select id from plans where id = ${planId}::uuid for update`.execute(tx.db);
  const plan = await findPlan(tx.db, ctx.tenantId, planId);
  if (plan === undefined) return;
  if (plan.status === "blocked" || plan.status === "cancelled") {
    throw new NofxError("plan_blocked", {
      detail: `The plan of this run is ${plan.status} now: correct the backlog and plan again.`,
    });
  }
  const steps = await loadStoredSteps(tx.db, plan.id);
  await checkExecution(
    ctx,
    tx,
    plan,
    steps.map((step) => StoredStep.parse(step)),
  );
}

/** Children are made anew by the step that spawned them, and compensations are not chosen: both would be left out silently. */
function refuseUnlessOfPlan(steps: readonly EditableStep[], names: readonly string[]): void {
  const known = new Map(steps.map((step) => [step.name, step]));
  const issues = names.flatMap((name, i) => {
    const step = known.get(name);
    const path = `/from/${i}`;
    if (step === undefined) return [{ path, message: `this run has no step "${name}"` }];
    if (step.is_undo) return [{ path, message: `"${name}" undoes another step; name that one` }];
    if (step.parent_step_id !== null)
      return [{ path, message: `"${name}" was spawned by another step; name that one` }];
    return [];
  });
  if (issues.length > 0) throw new NofxError("invalid_input", { issues: issues.slice(0, 200) });
}

/** Why nothing was begun: the run itself, or one that goes on with it, is still going. */
export function inTheWay(answer: Pick<ForkAnswer, "result" | "run_id" | "status">): NofxError {
  const data = { runId: toId("run", answer.run_id) };
  if (answer.result === "going") {
    return new NofxError("conflict", {
      detail: "The run has not ended yet. Wait for its end, or cancel it first.",
      data,
    });
  }
  if (answer.result === "unsettled") {
    return new NofxError("conflict", {
      detail:
        "Some of what this run did could not be undone. Settle its dead letters first, or rerun it from the start.",
      data,
    });
  }
  if (answer.result === "unchanged") {
    return new NofxError("conflict", {
      detail:
        "Nothing of this run can run again: it only undid what another run did. Go on with that one.",
      data,
    });
  }
  return new NofxError("conflict", {
    detail:
      "Another run goes on with this one right now and works in the same place. Wait for its end, or cancel it first.",
    data,
  });
}
