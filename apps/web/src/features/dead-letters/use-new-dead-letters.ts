"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** How many dead letters nobody has looked at. */
export function useNewDeadLetters(): number {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.deadLetters.list.queryOptions({ status: "new", limit: 1 }));
  return data === undefined ? 0 : (data.total ?? data.items.length);
}
