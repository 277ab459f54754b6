"use client";

import type { RunSummary } from "@nofx/core/api";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import {
  RUN_ARCHIVED,
  RUN_CANCELLING,
  RUN_PAUSED,
  RUN_UNDO_FAILED,
  RUN_UNDOING,
  RUN_UNDONE,
  RUN_WAITING,
} from "@nofx/ui/tokens/status";

/** How a run stands: one that is under way and waits is not called running. */
export function RunStatusBadge({ run }: { run: Pick<RunSummary, "status" | "waitingFor"> }) {
  if (run.waitingFor === null) return <StatusBadge of="run" status={run.status} />;
  return (
    <span title={run.waitingFor}>
      <LookBadge look={RUN_WAITING} />
    </span>
  );
}

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
