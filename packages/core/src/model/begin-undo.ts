import { transitionCompensation } from "../machine/index.ts";
import { HOLD_BITS } from "../vocabulary/index.ts";
import { addStep } from "./enqueue-run.ts";
import { stepOf, stepsOf, tell } from "./rows.ts";
import { orderUndo } from "./order-undo.ts";
import type { EngineModel, ModelCompensation, ModelRun } from "./state.ts";

export const UNDO_MAX_FAILURES = 12;

/** What would be undone if the run ended badly now: nothing after a pivot, or where it was not wanted. */
export function undoableOf(model: EngineModel, run: ModelRun): ModelCompensation[] {
  const past = stepsOf(model, run.id).some((step) => step.pivot && step.status === "succeeded");
  if (past || !run.compensate) return [];
  return model.compensations.filter((one) => one.runId === run.id && one.status === "registered");
}

/** Turns what can be undone into steps of the run, latest effect first. */
export function beginUndo(
  model: EngineModel,
  run: ModelRun,
  outcome: "failed" | "cancelled",
  now: number,
): void {
  const todo = undoableOf(model, run).toSorted((a, b) => b.seq - a.seq);
  const needs = (stepId: string) =>
    model.dependencies.filter((one) => one.stepId === stepId).map((one) => one.dependsOn);
  const edges = orderUndo(todo, needs, run.undoOrder);
  for (const [n, entry] of todo.entries()) {
    const moved = transitionCompensation(entry.status, "begin");
    if (!moved.ok) throw new Error(`${entry.id} cannot begin: ${moved.code}`);
    const done = stepOf(model, entry.stepId);
    const step = addStep(
      model,
      run,
      {
        name: `undo.${n + 1}.${done.name.slice(0, 110)}`,
        kind: entry.kind,
        capability:
          (entry.arguments as { readonly capability?: string } | null)?.capability ?? null,
        priority: 0,
        arguments: entry.arguments,
        undoOf: entry.stepId,
        maxFailures: UNDO_MAX_FAILURES,
      },
      now,
    );
    entry.status = moved.next;
    entry.undoStep = step.id;
  }
  for (const edge of edges) {
    const [later, earlier] = [todo[edge.after]?.undoStep, todo[edge.before]?.undoStep];
    if (typeof later !== "string" || typeof earlier !== "string") continue;
    model.dependencies.push({ stepId: later, dependsOn: earlier, required: edge.required });
    const step = stepOf(model, later);
    step.depsLeft++;
    step.holds |= HOLD_BITS.dependency;
  }
  run.compensation = "running";
  run.outcome = outcome;
  run.stepsLeft = todo.length;
  run.stepCount += todo.length;
  if (run.status === "queued") run.startedAt = now;
  run.status = "running";
  tell(model, "run.compensating", { runId: run.id }, now);
}
