"use client";

import type { RunSummary } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { useNow } from "@nofx/ui/hooks/use-now";

/** How long a run took, or has been going. */
export function RunDuration({ run }: { run: Pick<RunSummary, "startedAt" | "finishedAt"> }) {
  const now = useNow(1_000);
  if (run.startedAt === null) return <span className="text-faint">not started</span>;
  const end = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  if (end === null) return null;
  const ms = Math.max(0, end - Date.parse(run.startedAt));
  return (
    <span className="tabular-nums">
      {formatDuration(run.finishedAt === null ? Math.floor(ms / 1_000) * 1_000 || 1 : ms)}
    </span>
  );
}
