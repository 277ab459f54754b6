"use client";

import { useQuery } from "@tanstack/react-query";
import { createElement, type ReactNode, useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import type { RunView, StepView } from "./types.ts";

/**
 * The steps of a run: the first 500 come with it. Beyond that they are read whole on demand, again at each refresh, so
 * that the table never mixes two moments.
 */
export function useRunSteps(run: RunView): { steps: StepView[]; loadRest: ReactNode } {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const [wanted, setWanted] = useState(false);
  const all = useQuery({
    queryKey: trpc.runs.steps.queryKey({ runId: run.id }),
    enabled: wanted,
    queryFn: async () => {
      const items: StepView[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.runs.steps.query({
          runId: run.id,
          limit: 200,
          ...(cursor === undefined ? {} : { cursor }),
        });
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return { items, nextCursor: null, total: items.length };
    },
  });
  const steps = wanted && all.data ? all.data.items : run.stepList;
  if (run.steps <= run.stepList.length) return { steps, loadRest: null };
  const loadRest = createElement(LoadMore, {
    shown: steps.length,
    total: run.steps,
    what: "steps",
    hasMore: steps.length < run.steps,
    loading: all.isFetching,
    onMore: () => setWanted(true),
  });
  return { steps, loadRest };
}
