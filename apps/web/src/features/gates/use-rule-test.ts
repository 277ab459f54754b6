"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { TestRuleResult } from "@nofx/core/api";
import { useEffect, useState } from "react";
import type { RouterInputs } from "#server/root.ts";
import { useTRPCClient } from "#trpc/react.tsx";

const QUIET_MS = 250;

/** Tries a condition on its examples once nobody has typed for a moment. */
export function useRuleTest(scope: "plan" | "step", condition: string, examples: unknown[]) {
  const client = useTRPCClient();
  const text = JSON.stringify({ scope, condition, examples });
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return useQuery<TestRuleResult>({
    queryKey: ["rule test", asked],
    queryFn: () =>
      client.gates.testRule.mutate(JSON.parse(asked) as RouterInputs["gates"]["testRule"]),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
