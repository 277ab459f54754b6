"use client";

import type { RunSummary } from "@nofx/core/api";
import Link from "next/link";
import { sayTask } from "./say-task.ts";

/** What a run executes: a version of a plan, or a task, which has none. */
export function RunOrigin({
  run,
}: {
  run: Pick<RunSummary, "planId" | "planVersion" | "queue" | "key">;
}) {
  if (run.planId === null) return <span className="wrap-anywhere">{sayTask(run)}</span>;
  return (
    <Link href={`/plans/${run.planId}`} className="text-accent hover:underline">
      Plan version {run.planVersion}
    </Link>
  );
}
