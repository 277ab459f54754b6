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
    if (isTerminalStep(step.status)) continue;
    mustMove(model, step, { type: "hold", hold: "paused" }, { now });
    step.heldAt ??= step.status === "queued" ? now : null;
  }
  tell(model, "run.paused", { runId }, now);
  return true;
}

/** False: it has ended or is not paused. */
export function resumeRun(model: EngineModel, runId: string, now: number): boolean {
  const run = runOf(model, runId);
  if (isTerminalRun(run.status) || run.pausedAt === null) return false;
  run.pausedAt = null;
  for (const step of stepsOf(model, runId)) {
    if (step.status === "queued")
      mustMove(model, step, { type: "wake", holds: ["paused"] }, { now });
    else if (!isTerminalStep(step.status))
      mustMove(model, step, { type: "unhold", hold: "paused" }, { now });
  }
  tell(model, "run.resumed", { runId }, now);
  return true;
}
