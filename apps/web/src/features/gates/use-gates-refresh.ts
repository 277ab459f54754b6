"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Reads anew what a command about gates may have changed: a rule that changes voids verdicts of plans. */
export function useGatesRefresh(): () => Promise<unknown> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries(trpc.gates.pathFilter()),
      queryClient.invalidateQueries(trpc.plans.pathFilter()),
    ]);
}
