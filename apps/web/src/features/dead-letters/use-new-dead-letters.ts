"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** More than anybody counts: the answer has no total then. */
const MANY = 1_000;

/** How many dead letters nobody has looked at. */
export function useNewDeadLetters(): number {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.deadLetters.list.queryOptions({ status: "new", limit: 1 }));
  return data === undefined ? 0 : (data.total ?? MANY);
}
