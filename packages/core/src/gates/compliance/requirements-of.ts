import type { PlannedStep } from "../../planner/index.ts";
import type { PlanFacts } from "../facts.ts";

/** An approval of this step needs somebody of this group. */
export interface ApprovalRequirement {
  readonly step: string;
  readonly label: string;
  readonly group: string;
}

/** Which groups have to approve which steps, by the tenant's setting `compliance.approvers`. */
export function requirementsOf(
  steps: readonly PlannedStep[],
  { compliance }: PlanFacts,
): ApprovalRequirement[] {
  const rules = Object.entries(compliance?.approvers ?? {});
  if (rules.length === 0) return [];
  return steps.flatMap(({ name, labels }) => {
    const groups = new Map<string, string>();
    for (const [pattern, group] of rules) {
      const label = labels.find((one) => fits(pattern, one));
      if (label !== undefined && !groups.has(group)) groups.set(group, label);
    }
    return [...groups].map(([group, label]) => ({ step: name, label, group }));
  });
}

function fits(pattern: string, label: string): boolean {
  return pattern.endsWith("*") ? label.startsWith(pattern.slice(0, -1)) : label === pattern;
}
