import { markRunning } from "./checkpoint.ts";
import { addStep, type StepSpec } from "./enqueue-run.ts";
import { ownedStep, runOf, stepNamed, type ModelClaim } from "./rows.ts";
import type { EngineModel, ModelStep } from "./state.ts";

export interface Spawned {
  readonly name: string;
  readonly step: Readonly<ModelStep> | null;
  readonly created: boolean;
}

/**
 * Adds children to the step that its executor holds: steps of the same run, called `<parent>.<name>`. One of a name that is
 * there already is left as it is. A run that is being cancelled gets none. `null`: lease_lost.
 */
export function spawn(
  model: EngineModel,
  claim: ModelClaim,
  children: readonly Pick<
    StepSpec,
    "name" | "kind" | "capability" | "priority" | "maxFailures" | "deadlineMs" | "arguments"
  >[],
  now: number,
): Spawned[] | null {
  const parent = ownedStep(model, claim, now);
  if (parent === null) return null;
  markRunning(model, parent, now);
  const run = runOf(model, parent.runId);
  const ending = parent.cancelRequested || run.cancelRequestedAt !== null;
  return children.map((child) => {
    const name = `${parent.name}.${child.name}`;
    const before = stepNamed(model, run.id, name);
    if (before !== undefined || ending)
      return { name: child.name, step: before ?? null, created: false };
    const spec = { priority: parent.priority, ...child, name, parentId: parent.id };
    const step = addStep(model, run, spec, now);
    parent.childrenLeft++;
    run.stepsLeft++;
    run.stepCount++;
    return { name: child.name, step, created: true };
  });
}
