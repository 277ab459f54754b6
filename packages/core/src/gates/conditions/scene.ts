import type { PlannedStep } from "../../planner/index.ts";
import type { PlanUnderJudgement } from "../rule.ts";
import { toolsOf } from "../tools-of.ts";
import { MAX_LISTED_STEPS } from "./variables.ts";

/** A plan as conditions see it: plain data that can be sent to a thread. Integers are BigInts, as CEL has them. */
export interface Scene {
  readonly steps: readonly Record<string, unknown>[];
  /** Without `steps` where the plan has more than conditions may list. */
  readonly plan: Record<string, unknown>;
  readonly facts: Record<string, unknown>;
  readonly now?: Date;
}

export function sceneOf({ steps, facts, plan }: PlanUnderJudgement): Scene {
  const dependants = new Map<string, number>();
  for (const { needs } of steps) {
    for (const need of needs) dependants.set(need, (dependants.get(need) ?? 0) + 1);
  }
  const shown = steps.map((step) => stepOf(step, dependants.get(step.name) ?? 0));
  const once = (of: (step: PlannedStep) => readonly string[]) => [...new Set(steps.flatMap(of))];
  const { forecast, now } = facts;
  return {
    ...(now !== undefined && { now: new Date(now) }),
    steps: shown,
    plan: {
      title: plan?.title ?? "",
      pack: plan?.pack ?? "",
      version: BigInt(plan?.version ?? 1),
      stepCount: BigInt(steps.length),
      kinds: once(({ kind }) => [kind]),
      labels: once(({ labels }) => labels),
      risk: once(({ risk }) => risk),
      owners: once(({ owner }) => (owner === null ? [] : [owner])),
      ...(shown.length <= MAX_LISTED_STEPS && { steps: shown }),
    },
    facts: {
      shell: facts.shell,
      sandboxAvailable: facts.sandboxAvailable,
      tools: { ...facts.tools },
      succeeded: [...(facts.succeeded ?? [])],
      ...(forecast !== undefined && {
        forecast: { ...forecast, approvals: BigInt(forecast.approvals) },
      }),
      budgets: { ...facts.budgets },
    },
  };
}

function stepOf(step: PlannedStep, dependants: number): Record<string, unknown> {
  return {
    name: step.name,
    item: step.itemId,
    title: step.title,
    kind: step.kind,
    executor: step.executor,
    capability: step.capability ?? "",
    queue: step.queue,
    needs: step.needs,
    dependants: BigInt(dependants),
    priority: BigInt(step.priority),
    position: BigInt(step.position),
    sensitive: step.sensitive,
    risk: step.risk,
    labels: step.labels,
    owner: step.owner ?? "",
    undoable: step.undo !== null,
    pivot: step.pivot,
    maxFailures: BigInt(step.maxFailures),
    deadlineSeconds: BigInt(step.deadlineSeconds),
    tools: toolsOf(step),
    with: step.with,
  };
}
