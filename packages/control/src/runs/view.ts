import { RunView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { holdsOf, toId, toUuid } from "@nofx/core/vocabulary";
import {
  findRun,
  listCompensations,
  listSteps,
  readHead,
  type CompensationRecord,
  type RunRecord,
  type StepRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { sayHeldBack } from "./held-back.ts";
import { waitingFor } from "./waiting-for.ts";
import { whyIdle } from "./why-idle.ts";

const STEPS_IN_VIEW = 500;
const COMPENSATIONS_IN_VIEW = 500;

export async function loadRun(
  ctx: MemberContext,
  tx: CommandTransaction,
  runId: string,
): Promise<RunRecord> {
  const run = await findRun(tx.db, ctx.tenantId, toUuid("run", runId));
  if (run === undefined)
    throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
  return run;
}

export async function viewRun(
  ctx: MemberContext,
  tx: CommandTransaction,
  runId: string,
): Promise<RunView> {
  const seq = await readHead(tx.db, ctx.tenantId);
  const run = await loadRun(ctx, tx, runId);
  const steps = await listSteps(tx.db, { runId: run.id, limit: STEPS_IN_VIEW });
  const heldBack = await sayHeldBack(ctx, tx, steps.items);
  const compensations = await listCompensations(tx.db, {
    runId: run.id,
    limit: COMPENSATIONS_IN_VIEW,
  });
  return RunView.parse({
    ...toRunSummary(run, await whyIdle(ctx, tx, [run])),
    uuid: run.id,
    workspace: run.workspace,
    correlationId: run.correlation_id,
    seq,
    outcome: run.outcome,
    compensate: run.compensate,
    undoOrder: run.undo_order,
    forkedFrom: run.forked_from === null ? null : toId("run", run.forked_from),
    redriveOf: run.redrive_of === null ? null : toId("deadLetter", run.redrive_of),
    deadLetters: run.open_dead_letters,
    compensations: compensations.map(toCompensationView),
    stepList: steps.items.map((step) => toStepView(step, heldBack)),
  });
}

/** `idle` says of runs what they wait for, by id. */
export function toRunSummary(run: RunRecord, idle: ReadonlyMap<string, string>) {
  return {
    id: toId("run", run.id),
    planId: run.plan_id === null ? null : toId("plan", run.plan_id),
    planVersion: run.plan_version,
    pack: run.pack,
    title: run.title,
    key: run.task_key,
    queue: run.queue,
    status: run.status,
    compensation: run.compensation,
    steps: run.step_count,
    stepsDone: run.step_count - run.steps_left,
    stepsFailed: run.steps_failed,
    pendingApprovals: run.pending_approvals,
    waitingFor: idle.get(run.id) ?? null,
    createdAt: run.created_at.toISOString(),
    createdBy: run.created_by,
    startedAt: run.started_at?.toISOString() ?? null,
    finishedAt: run.finished_at?.toISOString() ?? null,
    pausedAt: run.paused_at?.toISOString() ?? null,
    cancelRequestedAt: run.cancel_requested_at?.toISOString() ?? null,
    archived: run.archived,
  };
}

export function toStepView(step: StepRecord, heldBack?: ReadonlyMap<string, string>) {
  return {
    id: toId("step", step.id),
    name: step.name,
    title: step.title,
    kind: step.kind,
    capability: step.capability,
    status: step.status,
    holds: holdsOf(step.holds),
    waitingFor: heldBack?.get(step.id) ?? waitingFor(step),
    needs: step.needs,
    epoch: step.epoch,
    failures: step.failures,
    crashes: step.crashes,
    executor: step.lease_owner,
    progress:
      step.progress === null
        ? null
        : { percent: step.progress.percent ?? null, note: step.progress.note ?? null },
    sensitive: step.sensitive,
    sandbox: step.kind === "shell" ? "not sandboxed" : null,
    with: step.arguments,
    output: step.output ?? null,
    error: step.error,
    x: step.x ?? 0,
    y: step.y ?? 0,
    queuedAt: step.created_at.toISOString(),
    startedAt: step.started_at?.toISOString() ?? null,
    finishedAt: step.finalised_at?.toISOString() ?? null,
    runAt: step.run_at.toISOString(),
    deadlineAt: step.deadline_at?.toISOString() ?? null,
    cancelRequestedAt: step.cancel_requested_at?.toISOString() ?? null,
    pivot: step.pivot,
    undoOf: step.undo_of === null ? null : toId("step", step.undo_of),
    parentId: step.parent_step_id === null ? null : toId("step", step.parent_step_id),
    keptFrom:
      step.kept_from === null || step.kept_from_run === null
        ? null
        : { runId: toId("run", step.kept_from_run), stepId: toId("step", step.kept_from) },
    attempts: step.attempts.map((attempt) => ({
      epoch: attempt.epoch,
      executor: attempt.executor,
      startedAt: attempt.claimed_at,
      finishedAt: attempt.finished_at,
      outcome: attempt.outcome,
      errorCode: attempt.error_code,
      workerVersion: attempt.worker_version,
      refusedAt: attempt.refused_at,
      refusedOutcome: attempt.refused_outcome,
    })),
  };
}

function toCompensationView(one: CompensationRecord) {
  return {
    id: toId("compensation", one.id),
    stepId: toId("step", one.step_id),
    stepName: one.step_name,
    name: one.name,
    kind: one.kind,
    status: one.status,
    undoStepId: one.undo_step === null ? null : toId("step", one.undo_step),
    evidence: one.evidence,
    resolvedBy: one.resolved_by,
    registeredAt: one.registered_at.toISOString(),
    endedAt: one.ended_at?.toISOString() ?? null,
  };
}
