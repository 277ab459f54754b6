import { meetWaits } from "./meet-waits.ts";
import { stepOf } from "./rows.ts";
import type { EngineModel } from "./state.ts";

/** Counts ended children off their parents and wakes the parents that wait for the last one. */
export function childrenEnded(model: EngineModel, ids: readonly string[], now: number): void {
  const woken: string[] = [];
  for (const id of ids) {
    const { parentId } = stepOf(model, id);
    if (parentId === null) continue;
    const parent = stepOf(model, parentId);
    parent.childrenLeft--;
    if (parent.childrenLeft > 0 || parent.status !== "queued") continue;
    const waits = model.waits.filter(
      (one) => one.stepId === parentId && one.kind === "children" && one.status === "open",
    );
    woken.push(...waits.map((one) => one.id));
  }
  meetWaits(
    model,
    woken.map((waitId) => ({ waitId, payload: null, source: null })),
    now,
  );
}

/** How the children of a step ended, as their parent hears it. */
export function childrenOf(
  model: EngineModel,
  stepId: string,
): readonly { readonly name: string; readonly status: string }[] {
  return [...model.steps.values()]
    .filter((step) => step.parentId === stepId)
    .map((step) => ({ name: step.name, status: step.status }));
}
