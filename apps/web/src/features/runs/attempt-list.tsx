"use client";

import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { SETTLE_REFUSED, STEP_STATUS } from "@nofx/ui/tokens/status";
import { RunDuration } from "./run-duration.tsx";
import type { StepView } from "./types.ts";

/** Every attempt at a step, newest first, with the fencing epoch it held. */
export function AttemptList({ step }: { step: StepView }) {
  return (
    <div className="flex flex-col gap-1.5">
      <h3 className="text-xs font-medium text-faint">
        Attempts: {step.attempts.length}
        {step.failures > 0 && ` · ${step.failures} failed`}
        {step.crashes > 0 && ` · ${step.crashes} lost with their executor`}
      </h3>
      <ol className="divide-y divide-line rounded-md border border-line">
        {step.attempts
          .toSorted((a, b) => b.epoch - a.epoch)
          .map((attempt) => (
            <li
              key={attempt.epoch}
              className="flex flex-wrap items-center gap-x-2 gap-y-1 px-2.5 py-1.5 text-xs"
            >
              <span className="text-faint tabular-nums" title="Fencing epoch">
                epoch {attempt.epoch}
              </span>
              {attempt.outcome === null ? (
                <LookBadge look={STEP_STATUS.running} />
              ) : (
                <StatusBadge of="attempt" status={attempt.outcome} />
              )}
              <RunDuration run={attempt} />
              {attempt.errorCode !== null && (
                <code className="font-mono text-bad">{attempt.errorCode}</code>
              )}
              <code className="ml-auto max-w-full truncate font-mono text-faint">
                {attempt.executor}
                {attempt.workerVersion !== null && ` · ${attempt.workerVersion}`}
              </code>
              {attempt.refusedAt !== null && (
                <p className="flex basis-full flex-wrap items-center gap-x-2 gap-y-1 border-l-2 border-warn pl-2 text-soft">
                  <LookBadge look={SETTLE_REFUSED} />
                  <span>
                    It came back <RelativeTime at={attempt.refusedAt} />
                    {attempt.refusedOutcome !== null && ` with “${attempt.refusedOutcome}”`}, when
                    epoch {attempt.epoch} no longer held the step. Nothing was changed.
                  </span>
                </p>
              )}
            </li>
          ))}
      </ol>
    </div>
  );
}
