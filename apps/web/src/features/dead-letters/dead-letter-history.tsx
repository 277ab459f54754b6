"use client";

import type { DeadLetterView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { ATTEMPT_OUTCOME, UNKNOWN_STATUS } from "@nofx/ui/tokens/status";

/** What went wrong each time, newest first. */
export function DeadLetterHistory({ letter }: { letter: DeadLetterView }) {
  return (
    <Section title={`Attempts (${letter.history.length})`}>
      {letter.history.length === 0 ? (
        <p className="px-3 py-4 text-sm text-soft">Nobody ever began it.</p>
      ) : (
        <ol className="divide-y divide-line">
          {letter.history
            .toSorted((a, b) => b.epoch - a.epoch)
            .map((attempt) => (
              <li key={attempt.epoch} className="px-3 py-2">
                <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-xs">
                  <span className="text-faint tabular-nums" title="Fencing epoch">
                    epoch {attempt.epoch}
                  </span>
                  <LookBadge look={lookOf(attempt.outcome)} />
                  {attempt.errorCode !== null && (
                    <code className="font-mono text-bad">{attempt.errorCode}</code>
                  )}
                  <span className="text-faint">
                    {attempt.finishedAt !== null && <RelativeTime at={attempt.finishedAt} />}
                  </span>
                  <code className="ml-auto max-w-full truncate font-mono text-faint">
                    {attempt.executor}
                    {attempt.workerVersion !== null && ` · ${attempt.workerVersion}`}
                  </code>
                </div>
                {attempt.message !== null && (
                  <p className="mt-1 font-mono text-xs whitespace-pre-wrap wrap-anywhere text-soft">
                    <PlainText text={attempt.message} />
                  </p>
                )}
              </li>
            ))}
        </ol>
      )}
    </Section>
  );
}

function lookOf(outcome: string | null) {
  const known = Object.entries(ATTEMPT_OUTCOME).find(([name]) => name === outcome);
  return known?.[1] ?? UNKNOWN_STATUS;
}
