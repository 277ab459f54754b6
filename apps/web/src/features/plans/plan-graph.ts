import type { PlanStepView } from "@nofx/core/api";
import type { GraphStep } from "@nofx/ui/blocks/step-graph";
import { APPROVAL_STATUS, type StatusLook, VERDICT } from "@nofx/ui/tokens/status";

/** A step of a plan shows its verdict; one that passed but still needs somebody's yes shows that. */
export function planStepLook(step: PlanStepView): StatusLook {
  if (step.verdict === "allow" && step.approvalStatus !== null) {
    return APPROVAL_STATUS[step.approvalStatus];
  }
  return VERDICT[step.verdict];
}

export function planGraph(steps: readonly PlanStepView[]): GraphStep[] {
  return steps.map((step) => ({
    id: step.name,
    title: step.title,
    kind: step.kind,
    look: planStepLook(step),
    needs: step.needs,
    x: step.x,
    y: step.y,
    sensitive: step.sensitive,
  }));
}
