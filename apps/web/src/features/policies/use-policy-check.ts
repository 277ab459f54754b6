"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { PolicyCheck } from "@nofx/core/api";
import { useEffect, useState } from "react";
import type { RouterInputs } from "#server/root.ts";
import { useTRPCClient } from "#trpc/react.tsx";

const QUIET_MS = 250;

/** Has a document checked once nobody has typed for a moment. */
export function usePolicyCheck(document: unknown) {
  const client = useTRPCClient();
  const text = JSON.stringify(document ?? null);
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const check = useQuery<PolicyCheck>({
    queryKey: ["policy check", asked],
    queryFn: () =>
      client.routing.checkPolicy.mutate({
        document: JSON.parse(asked) as RouterInputs["routing"]["checkPolicy"]["document"],
      }),
    enabled: asked !== "null",
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return { ...check, isCurrent: asked === text && !check.isPlaceholderData };
}
