import type { PlanStepView } from "@nofx/core/api";
import type { PlannedBar } from "@nofx/ui/blocks/plan-timeline";

const GROUP = "group:";

/** Steps that have a time, as bars. Items say by a label where they belong: `group:docs`. */
export function planBars(steps: readonly PlanStepView[]): PlannedBar[] {
  return steps.flatMap((step) =>
    step.startSeconds === null || step.estimate === null
      ? []
      : [
          {
            id: step.name,
            title: step.title,
            startMs: step.startSeconds * 1_000,
            durationMs: step.estimate.durationMs.p50,
            slackMs: (step.slackSeconds ?? 0) * 1_000,
            critical: step.critical,
            sensitive: step.sensitive,
            group: step.labels.find((label) => label.startsWith(GROUP))?.slice(GROUP.length),
          },
        ],
  );
}
