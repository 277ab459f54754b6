"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { PlanStepView, PlanView } from "@nofx/core/api";
import { createElement, type ReactNode } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";

/** The steps of a plan: the first 500 come with it, the others page by page on demand. */
export function usePlanSteps(plan: PlanView): { steps: PlanStepView[]; loadRest: ReactNode } {
  const trpc = useTRPC();
  const rest = useInfiniteQuery({
    ...trpc.plans.steps.infiniteQueryOptions({ planId: plan.id, limit: 200 }, byCursor),
    enabled: false,
  });
  const paged = rest.data?.pages.flatMap((page) => page.items) ?? [];
  const steps = paged.length > plan.stepList.length ? paged : plan.stepList;
  if (plan.steps <= plan.stepList.length) return { steps, loadRest: null };
  const loadRest = createElement(LoadMore, {
    shown: steps.length,
    total: plan.steps,
    what: "steps",
    hasMore: steps.length < plan.steps,
    loading: rest.isFetching,
    onMore: () => void readOn(rest, plan.stepList.length),
  });
  return { steps, loadRest };
}

/** Pages until there is one more than what is shown already. */
async function readOn(
  rest: {
    data: { pages: { items: unknown[] }[] } | undefined;
    fetchNextPage: () => Promise<{
      data?: { pages: { items: unknown[] }[] } | undefined;
      hasNextPage: boolean;
    }>;
  },
  shown: number,
): Promise<void> {
  const before = Math.max(shown, rest.data?.pages.flatMap((page) => page.items).length ?? 0);
  for (;;) {
    const { data, hasNextPage } = await rest.fetchNextPage();
    const now = data?.pages.flatMap((page) => page.items).length ?? 0;
    if (now > before || !hasNextPage) return;
  }
}
