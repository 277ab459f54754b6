import {
  transitionCompensation,
  transitionRun,
  type RunResult,
  type RunState,
} from "../machine/index.ts";
import { beginUndo, undoableOf } from "./begin-undo.ts";
import { runOf, stepOf, stepsOf, tell } from "./rows.ts";
import type { EngineModel, ModelRun, ModelStep } from "./state.ts";

/** The counts that decide about a run; how many were cancelled is asked of its steps. */
export function runState(run: ModelRun, cancelled = 0): RunState {
  return {
    status: run.status,
    left: run.stepsLeft,
    failed: run.stepsFailed,
    cancelled,
    compensation: run.compensation,
  };
}

/** Counts ended steps off their runs; the last one begins the undoing, or ends the run. */
export function countDown(model: EngineModel, ids: readonly string[], now: number): void {
  const steps = ids.map((id) => stepOf(model, id));
  recordUndone(model, steps, now);
  for (const runId of [...new Set(steps.map((step) => step.runId))].toSorted()) {
    const run = runOf(model, runId);
    const ended = steps.filter((step) => step.runId === runId);
    // the parent judges what it spawned, and runs.compensation tells of what was taken back
    const own = run.compensation === "running" ? [] : ended.filter((s) => s.parentId === null);
    const before = runState(run, cancelledOf(model, run) - countOf(own, "cancelled"));
    const result = transitionRun(before, {
      type: "ended",
      succeeded: countOf(own, "succeeded"),
      failed: countOf(own, "failed"),
      cancelled: countOf(own, "cancelled"),
      others: ended.length - own.length,
      undoable: undoableOf(model, run).length,
      undone: compensationsDone(model, run),
    });
    applyRun(model, run, result, now);
  }
}

function applyRun(model: EngineModel, run: ModelRun, result: RunResult, now: number): void {
  if (!result.ok) throw new Error(`${run.id} refuses the end of its steps: ${result.code}`);
  const { next, tell: event } = result;
  run.stepsLeft = next.left;
  run.stepsFailed = next.failed;
  if (event === "run.compensating") {
    beginUndo(model, run, next.failed > 0 ? "failed" : "cancelled", now);
    return;
  }
  if (event === null) return;
  run.status = next.status;
  run.finishedAt = now;
  if (next.compensation !== run.compensation) {
    run.compensation = next.compensation;
    tell(
      model,
      next.compensation === "done" ? "run.compensated" : "run.compensation_failed",
      { runId: run.id },
      now,
    );
  }
  tell(model, event, { runId: run.id }, now);
}

/** What became of compensations whose undo steps have ended, in this run or in the one that is redriven. */
function recordUndone(model: EngineModel, steps: readonly ModelStep[], now: number): void {
  const touched = new Set<string>();
  for (const step of steps) {
    const entry = model.compensations.find((one) => one.undoStep === step.id);
    if (entry === undefined) continue;
    const event =
      step.status === "succeeded" ? "succeed" : step.status === "failed" ? "fail" : "stop";
    const moved = transitionCompensation(entry.status, event);
    if (!moved.ok) continue;
    entry.status = moved.next;
    touched.add(entry.runId);
  }
  for (const id of touched) {
    const run = runOf(model, id);
    if (run.compensation !== "failed" || !compensationsDone(model, run)) continue;
    run.compensation = "done";
    tell(model, "run.compensated", { runId: id }, now);
  }
}

function compensationsDone(model: EngineModel, run: ModelRun): boolean {
  return model.compensations.every(
    (one) => one.runId !== run.id || one.status === "undone" || one.status === "accepted",
  );
}

function cancelledOf(model: EngineModel, run: ModelRun): number {
  return stepsOf(model, run.id).filter(
    (step) =>
      step.status === "cancelled" &&
      step.parentId === null &&
      (run.compensation === "none" || step.undoOf === null),
  ).length;
}

function countOf(steps: readonly ModelStep[], status: ModelStep["status"]): number {
  return steps.filter((step) => step.status === status).length;
}
