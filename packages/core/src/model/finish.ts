import { HOLD_BITS, isTerminalStep } from "../vocabulary/index.ts";
import { bury } from "./bury.ts";
import { childrenEnded } from "./children-ended.ts";
import { closeWaits } from "./close-waits.ts";
import { countDown } from "./count-down.ts";
import { mustMove } from "./move-step.ts";
import { stepOf } from "./rows.ts";
import type { EngineModel } from "./state.ts";

/**
 * What follows when steps reach a terminal status. Dependants of what succeeded become claimable; dependants and children of
 * what did not are cancelled with it; failures leave dead letters; runs are counted down, undone and ended.
 */
export function finish(
  model: EngineModel,
  succeeded: readonly string[],
  ended: readonly string[],
  now: number,
): void {
  if (succeeded.length + ended.length === 0) return;
  const cancelled: string[] = [];
  for (const id of doomedBy(model, ended)) {
    const step = stepOf(model, id);
    if (isTerminalStep(step.status)) continue;
    const error = step.status === "queued" ? ({ code: "dependency_failed" } as const) : undefined;
    mustMove(model, step, { type: "abandon" }, { now, error });
    if (isTerminalStep(step.status)) cancelled.push(id);
  }
  closeWaits(model, [...cancelled, ...ended]);
  bury(model, succeeded, [...ended, ...cancelled], now);
  const all = [...succeeded, ...ended, ...cancelled];
  for (const edge of model.dependencies) {
    const met =
      succeeded.includes(edge.dependsOn) || (!edge.required && all.includes(edge.dependsOn));
    const step = stepOf(model, edge.stepId);
    if (!met || step.status !== "queued") continue;
    step.depsLeft--;
    if (step.depsLeft === 0 && (step.holds & HOLD_BITS.dependency) !== 0)
      mustMove(model, step, { type: "free" }, { now });
  }
  childrenEnded(model, all, now);
  countDown(model, all, now);
}

/** Whatever requires these, or was spawned by them, directly or through others. */
function doomedBy(model: EngineModel, ended: readonly string[]): Set<string> {
  const doomed = new Set<string>();
  const open = [...ended];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const next = [
      ...model.dependencies
        .filter((one) => one.required && one.dependsOn === id)
        .map((one) => one.stepId),
      ...[...model.steps.values()].filter((one) => one.parentId === id).map((one) => one.id),
    ];
    for (const one of next) {
      if (doomed.has(one) || ended.includes(one)) continue;
      doomed.add(one);
      open.push(one);
    }
  }
  return doomed;
}
