"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Reads anew what a command about a dead letter may have changed. */
export function useDeadLetterRefresh(): () => Promise<unknown> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [trpc.deadLetters, trpc.runs, trpc.approvals].map((router) =>
        queryClient.invalidateQueries(router.pathFilter()),
      ),
    );
}
