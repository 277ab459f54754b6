import { isTerminalRun, isTerminalStep } from "../vocabulary/index.ts";
import { mustMove } from "./move-step.ts";
import { runOf, stepsOf, tell } from "./rows.ts";
import type { EngineModel } from "./state.ts";

/** Nothing of the run begins any more; what is being executed goes on. False: it has ended or is paused. */
export function pauseRun(model: EngineModel, runId: string, now: number): boolean {
  const run = runOf(model, runId);
  if (isTerminalRun(run.status) || run.pausedAt !== null) return false;
  run.pausedAt = now;
  for (const step of stepsOf(model, runId)) {
    if (!isTerminalStep(step.status)) mustMove(model, step, { type: "pause" }, { now });
  }
  tell(model, "run.paused", { runId }, now);
  return true;
}

/** Deadlines move by the time that it stood still. False: it has ended or is not paused. */
export function resumeRun(model: EngineModel, runId: string, now: number): boolean {
  const run = runOf(model, runId);
  if (isTerminalRun(run.status) || run.pausedAt === null) return false;
  for (const step of stepsOf(model, runId)) {
    if (isTerminalStep(step.status)) continue;
    const { heldAt } = step;
    step.heldAt ??= run.pausedAt;
    mustMove(model, step, { type: "resume" }, { now });
    if (step.holds !== 0) step.heldAt = heldAt;
  }
  run.pausedAt = null;
  tell(model, "run.resumed", { runId }, now);
  return true;
}
