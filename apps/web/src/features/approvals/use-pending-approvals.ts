"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** How many approvals wait for a decision. */
export function usePendingApprovals(): number {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.approvals.list.queryOptions({ status: "pending" }));
  return data === undefined ? 0 : (data.total ?? data.items.length);
}
