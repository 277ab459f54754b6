import { canonicalJson } from "../canonical/index.ts";
import type { PlannedStep } from "../planner/index.ts";

export interface DigestedPlan {
  readonly version: number;
  readonly steps: readonly PlannedStep[];
}

/**
 * The exact text that verdicts and approvals are bound to: the plan's version and all that was judged about each step,
 * in an order of its own. Hash it with SHA-256; any change to a step changes it, the order in which rows come does not.
 */
export function planDigestInput({ version, steps }: DigestedPlan): string {
  const byName = steps.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return canonicalJson(["nofx.plan.v2", version, byName.map(judgedPartOf)]);
}

export function planDigest(plan: DigestedPlan, sha256: (text: string) => string): string {
  return sha256(planDigestInput(plan));
}

/** What people approve when they approve one step: this kind with these arguments, under this name, undone like this. */
export function stepDigestInput(step: PlannedStep): string {
  const { name, kind, with: args, executor, capability, undo, token } = step;
  return canonicalJson([
    "nofx.step.v1",
    { name, kind, with: args, executor, capability, undo, token },
  ]);
}

function judgedPartOf(step: PlannedStep) {
  return {
    name: step.name,
    item: step.itemId,
    title: step.title,
    kind: step.kind,
    with: step.with,
    executor: step.executor,
    capability: step.capability,
    queue: step.queue,
    needs: step.needs.toSorted(),
    priority: step.priority,
    sensitive: step.sensitive,
    risk: step.risk.toSorted(),
    labels: step.labels.toSorted(),
    owner: step.owner,
    undo: step.undo,
    pivot: step.pivot,
    max_failures: step.maxFailures,
    deadline_seconds: step.deadlineSeconds,
    token: step.token,
  };
}
