import type { PlanDiffView, PlanStepView } from "@nofx/core/api";
import type { GraphStep } from "@nofx/ui/blocks/step-graph";
import { APPROVAL_STATUS, type StatusLook, VERDICT } from "@nofx/ui/tokens/status";

/** A step of a plan shows its verdict; one that passed but still needs somebody's yes shows that. */
export function planStepLook(step: PlanStepView): StatusLook {
  if (step.verdict === "allow" && step.approvalStatus !== null) {
    return APPROVAL_STATUS[step.approvalStatus];
  }
  return VERDICT[step.verdict];
}

/** With what is new since another version, where one is compared with. */
export function planGraph(
  steps: readonly PlanStepView[],
  diff: PlanDiffView | undefined,
): GraphStep[] {
  const marks = marksOf(diff);
  return steps.map((step) => ({
    id: step.name,
    title: step.title,
    kind: step.kind,
    look: planStepLook(step),
    needs: step.needs,
    x: step.x,
    y: step.y,
    sensitive: step.sensitive,
    critical: step.critical,
    mark: marks.get(step.name),
  }));
}

/** The weightiest change of each step. */
function marksOf(diff: PlanDiffView | undefined): Map<string, string> {
  if (diff === undefined) return new Map();
  const { reestimated, moved, changed, added } = diff;
  const lists = [
    { mark: "re-estimated", of: reestimated },
    { mark: "moved", of: moved },
    { mark: "changed", of: changed },
    { mark: "added", of: added },
  ];
  return new Map(
    lists.flatMap(({ mark, of }) => of.map(({ name }): [string, string] => [name, mark])),
  );
}
