import type { PlannedStep } from "../planner/index.ts";
import { STEP_EXECUTOR } from "../vocabulary/index.ts";

/** A step of a plan: a harmless shell step, unless told otherwise. */
export function aPlannedStep(overrides: Partial<PlannedStep> & { name: string }): PlannedStep {
  const kind = overrides.kind ?? "shell";
  return {
    itemId: overrides.name,
    title: `Step ${overrides.name}`,
    kind,
    with: kind === "shell" ? { command: ["true"] } : {},
    executor: STEP_EXECUTOR[kind],
    capability: null,
    queue: "default",
    needs: [],
    priority: 3,
    position: 0,
    sensitive: false,
    risk: [],
    labels: [],
    owner: null,
    undo: null,
    pivot: false,
    maxFailures: 3,
    deadlineSeconds: 86_400,
    token: `token-of-${overrides.name}`,
    ...overrides,
  };
}
