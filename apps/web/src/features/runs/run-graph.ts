import type { GraphStep } from "@nofx/ui/blocks/step-graph";
import { stepLook } from "@nofx/ui/tokens/status";
import type { StepView } from "./types.ts";

export function runGraph(steps: readonly StepView[]): GraphStep[] {
  return steps.map((step) => ({
    id: step.name,
    title: step.title,
    kind: step.kind,
    look: stepLook(step.status, step.holds),
    needs: step.needs,
    x: step.x,
    y: step.y,
    sensitive: step.sensitive,
    percent: step.status === "running" ? (step.progress?.percent ?? null) : null,
  }));
}
