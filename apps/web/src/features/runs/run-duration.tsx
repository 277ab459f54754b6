"use client";

import type { RunSummary } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { guessNow, useNow } from "@nofx/ui/hooks/use-now";

const EVERY_MS = 1_000;

/** How long a run took, or has been going. */
export function RunDuration({ run }: { run: Pick<RunSummary, "startedAt" | "finishedAt"> }) {
  const now = useNow(EVERY_MS);
  if (run.startedAt === null) return <span className="text-faint">not started</span>;
  const end = run.finishedAt === null ? (now ?? guessNow(EVERY_MS)) : Date.parse(run.finishedAt);
  const ms = Math.max(0, end - Date.parse(run.startedAt));
  return (
    <span
      key={now === null ? "guessed" : "known"}
      suppressHydrationWarning
      className="tabular-nums"
    >
      {formatDuration(run.finishedAt === null ? Math.floor(ms / 1_000) * 1_000 || 1 : ms)}
    </span>
  );
}
