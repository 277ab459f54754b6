import { meetWaits } from "./meet-waits.ts";
import { isTerminalStep } from "../vocabulary/index.ts";
import { stepOf } from "./rows.ts";
import type { EngineModel, ModelStep, ModelWait } from "./state.ts";

/** Counts ended children off their parents and wakes the parents that wait for the last one. */
export function childrenEnded(model: EngineModel, ids: readonly string[], now: number): void {
  const woken: string[] = [];
  for (const id of ids) {
    const { parentId } = stepOf(model, id);
    if (parentId === null) continue;
    const parent = stepOf(model, parentId);
    parent.childrenLeft--;
    if (parent.status !== "queued") continue;
    const waits = model.waits.filter(
      (one) =>
        one.stepId === parentId &&
        one.kind === "children" &&
        one.status === "open" &&
        !woken.includes(one.id) &&
        childrenLeft(model, parent, one) === 0,
    );
    woken.push(...waits.map((one) => one.id));
  }
  meetWaits(
    model,
    woken.map((waitId) => ({ waitId, payload: null, source: null })),
    now,
  );
}

/** How many of those that a wait is for are still under way. */
export function childrenLeft(
  model: EngineModel,
  step: Readonly<ModelStep>,
  { children }: Pick<ModelWait, "children">,
): number {
  if (children == null) return step.childrenLeft;
  const named = new Set(children.map((name) => `${step.name}.${name}`));
  return [...model.steps.values()].filter(
    (one) => one.parentId === step.id && named.has(one.name) && !isTerminalStep(one.status),
  ).length;
}

/** How the children of a step ended, as their parent hears it; those of these names alone, where they are given. */
export function childrenOf(
  model: EngineModel,
  stepId: string,
  names: readonly string[] | null | undefined = null,
): readonly { readonly name: string; readonly status: string }[] {
  return [...model.steps.values()]
    .filter((step) => step.parentId === stepId)
    .filter((step) => names == null || names.includes(nameBelow(model, stepId, step.name)))
    .map((step) => ({ name: step.name, status: step.status }));
}

function nameBelow(model: EngineModel, parentId: string, name: string): string {
  return name.slice(stepOf(model, parentId).name.length + 1);
}
