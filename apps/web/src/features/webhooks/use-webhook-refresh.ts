"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Reads anew what a command about a webhook may have changed. */
export function useWebhookRefresh(): () => Promise<unknown> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries(trpc.webhooks.pathFilter());
}
