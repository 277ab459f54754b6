"use client";

import { useQuery } from "@tanstack/react-query";
import type { WaitView } from "@nofx/core/api";
import { useTRPC } from "#trpc/react.tsx";
import type { RunView } from "./types.ts";

const AT_MOST = 200;

/** What the steps of a run wait for now; nobody asks for that where no step waits so. */
export function useRunWaits(run: RunView): readonly WaitView[] {
  const trpc = useTRPC();
  const isWaiting = run.stepList.some(
    (step) =>
      step.status === "queued" &&
      step.holds.some((hold) => hold !== "dependency" && hold !== "paused"),
  );
  const { data } = useQuery({
    ...trpc.waits.list.queryOptions({ runId: run.id, limit: AT_MOST }),
    enabled: isWaiting,
  });
  return isWaiting ? (data?.items ?? []) : [];
}
