"use client";

import type { RunSummary } from "@nofx/core/api";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import {
  RUN_ARCHIVED,
  RUN_CANCELLING,
  RUN_PAUSED,
  RUN_UNDO_FAILED,
  RUN_UNDOING,
  RUN_UNDONE,
} from "@nofx/ui/tokens/status";

/** What a status alone does not say: paused, on its way to being cancelled, being undone or not quite undone, or moved to the history. */
export function RunMarks({
  run,
}: {
  run: Pick<RunSummary, "status" | "compensation" | "pausedAt" | "cancelRequestedAt" | "archived">;
}) {
  const over = run.status !== "queued" && run.status !== "running";
  return (
    <>
      {run.pausedAt !== null && !over && <LookBadge look={RUN_PAUSED} />}
      {run.compensation === "running" && <LookBadge look={RUN_UNDOING} />}
      {run.compensation === "failed" && <LookBadge look={RUN_UNDO_FAILED} />}
      {run.compensation === "done" && <LookBadge look={RUN_UNDONE} />}
      {run.cancelRequestedAt !== null && !over && run.compensation === "none" && (
        <LookBadge look={RUN_CANCELLING} />
      )}
      {run.archived && <LookBadge look={RUN_ARCHIVED} />}
    </>
  );
}
