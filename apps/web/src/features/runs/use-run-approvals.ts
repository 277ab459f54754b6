"use client";

import { useQuery } from "@tanstack/react-query";
import type { ApprovalView } from "@nofx/core/api";
import { useTRPC } from "#trpc/react.tsx";

/** The approvals that this run waits for, from the list that the navigation counts. */
export function useRunApprovals(runId: string): readonly ApprovalView[] {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.approvals.list.queryOptions({ status: "pending" }));
  return data?.items.filter((approval) => approval.runId === runId) ?? [];
}
