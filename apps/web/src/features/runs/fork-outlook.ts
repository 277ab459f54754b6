import type { RunView, StepView } from "./types.ts";

type Step = Pick<
  StepView,
  "id" | "name" | "status" | "needs" | "undoOf" | "parentId" | "sensitive"
>;

/** What runs again when a run is gone on with from some steps, and what is taken over as it is. */
export function forkOutlook(
  steps: readonly Step[],
  compensations: readonly Pick<RunView["compensations"][number], "stepId" | "status">[],
  from: readonly string[],
): { again: Step[]; kept: Step[] } {
  const planned = steps.filter((step) => step.undoOf === null && step.parentId === null);
  const takenBack = new Set(
    compensations
      .filter((one) => one.status === "undone" || one.status === "undoing")
      .map((one) => one.stepId),
  );
  const later = downstreamOf(planned, from);
  const isKept = (step: Step) =>
    step.status === "succeeded" && !later.has(step.name) && !takenBack.has(step.id);
  return { again: planned.filter((step) => !isKept(step)), kept: planned.filter(isKept) };
}

/** The steps without which none could have begun. */
export function firstSteps(steps: readonly Step[]): string[] {
  return steps
    .filter((step) => step.needs.length === 0 && step.undoOf === null && step.parentId === null)
    .map((step) => step.name);
}

function downstreamOf(steps: readonly Step[], from: readonly string[]): Set<string> {
  const dependants = new Map<string, string[]>();
  for (const step of steps) {
    for (const need of step.needs) {
      dependants.set(need, [...(dependants.get(need) ?? []), step.name]);
    }
  }
  const reached = new Set(from);
  const queue = [...from];
  for (let at = 0; at < queue.length; at++) {
    for (const next of dependants.get(queue[at] ?? "") ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
  return reached;
}
