"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Reads anew what a command about a run may have changed, without waiting for the nudge. */
export function useRunRefresh(): () => Promise<unknown> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [trpc.runs, trpc.approvals, trpc.deadLetters, trpc.plans, trpc.waits].map((router) =>
        queryClient.invalidateQueries(router.pathFilter()),
      ),
    );
}
