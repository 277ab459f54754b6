"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Reads anew what a command about providers, models or policies may have changed. */
export function useRoutingRefresh(): () => Promise<unknown> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries(trpc.providers.pathFilter()),
      queryClient.invalidateQueries(trpc.models.pathFilter()),
      queryClient.invalidateQueries(trpc.routing.pathFilter()),
    ]);
}
