import type { PlannedStep, PlanNote } from "../planner/index.ts";
import type { PlanFacts, PlanUnderJudgement } from "./rule.ts";

type ExampleStep = Partial<PlannedStep> & { readonly name: string };

/** A plan for a rule's example: harmless shell steps in a tenant that trusts them, unless the example says otherwise. */
export function examplePlan(
  steps: readonly ExampleStep[],
  { notes = [], ...facts }: Partial<PlanFacts> & { notes?: readonly PlanNote[] } = {},
): PlanUnderJudgement {
  return {
    steps: steps.map(exampleStep),
    notes,
    facts: { shell: "trusted", sandboxAvailable: false, ...facts },
  };
}

function exampleStep(step: ExampleStep, position: number): PlannedStep {
  return {
    itemId: step.name,
    title: step.name,
    kind: "shell",
    with: { command: ["true"] },
    executor: "worker",
    capability: null,
    queue: "default",
    needs: [],
    priority: 3,
    position,
    sensitive: false,
    risk: [],
    labels: [],
    owner: null,
    undo: null,
    pivot: false,
    maxFailures: 3,
    deadlineSeconds: 86_400,
    token: step.name,
    ...step,
  };
}
