"use client";

import type { RunSummary } from "@nofx/core/api";
import { Progress } from "@nofx/ui/primitives/progress";

/** How many of a run's steps are over, the failed ones apart. */
export function RunProgress({
  run,
}: {
  run: Pick<RunSummary, "steps" | "stepsDone" | "stepsFailed">;
}) {
  return (
    <span className="flex items-center gap-2">
      <Progress
        label={`${run.stepsDone} of ${run.steps} steps over`}
        className="w-20 sm:w-28"
        total={run.steps}
        parts={[
          { label: "over", value: Math.max(0, run.stepsDone - run.stepsFailed), tone: "good" },
          { label: "failed", value: run.stepsFailed, tone: "bad" },
        ]}
      />
      <span className="text-xs whitespace-nowrap text-faint tabular-nums">
        {run.stepsDone.toLocaleString("en")}/{run.steps.toLocaleString("en")}
      </span>
    </span>
  );
}
