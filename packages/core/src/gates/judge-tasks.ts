import type { Issue } from "../errors/index.ts";
import type { PlannedStep } from "../planner/index.ts";
import { judgePlan } from "./judge-plan.ts";
import { approvalNeeded } from "./risk/approval-needed.ts";
import type { Finding, PlanFacts } from "./rule.ts";
import { TASK_RULES } from "./rules.ts";

/**
 * Why these must not run without a plan: everything that a gate warns of or blocks, and every step that would wait for an
 * approval. Nobody would see it, or be asked. Empty where they may run.
 */
export function judgeTasks(steps: readonly PlannedStep[], facts: PlanFacts): Issue[] {
  const places = new Map(steps.map((step, i) => [step.name, i]));
  return judgePlan({ steps, notes: [], facts }, TASK_RULES)
    .flatMap(({ findings }) => findings)
    .filter(({ verdict, rule }) => verdict !== "allow" || rule === approvalNeeded.name)
    .map((finding) => toIssue(finding, places));
}

function toIssue({ step, reason, tip }: Finding, places: ReadonlyMap<string, number>): Issue {
  const place = step === null ? undefined : places.get(step);
  return { path: place === undefined ? "/tasks" : `/tasks/${place}`, message: `${reason} ${tip}` };
}
