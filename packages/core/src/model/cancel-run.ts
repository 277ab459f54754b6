import { isTerminalRun } from "../vocabulary/index.ts";
import { finish } from "./finish.ts";
import { mustMove } from "./move-step.ts";
import { runOf, stepsOf, tell } from "./rows.ts";
import type { EngineModel } from "./state.ts";

/**
 * Queued steps are cancelled at once, leased ones hear of it. What was done is taken back, unless that is not wanted. A run that
 * has ended or is being undone is left as it is, and of one that is being cancelled already only that can change: false.
 */
export function cancelRun(
  model: EngineModel,
  runId: string,
  options: { readonly compensate?: boolean },
  now: number,
): boolean {
  const run = runOf(model, runId);
  if (isTerminalRun(run.status) || run.compensation !== "none") return false;
  run.compensate = options.compensate ?? run.compensate;
  if (run.cancelRequestedAt !== null) return false;
  run.cancelRequestedAt = now;
  tell(model, "run.cancel_requested", { runId }, now);
  const ended: string[] = [];
  for (const step of stepsOf(model, runId)) {
    if (step.status === "queued") {
      mustMove(model, step, { type: "cancel" }, { now });
      ended.push(step.id);
    } else if (step.status === "assigned" || step.status === "running") {
      mustMove(model, step, { type: "cancel" }, { now });
    }
  }
  finish(model, [], ended, now);
  return true;
}
