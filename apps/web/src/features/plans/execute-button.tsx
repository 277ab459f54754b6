"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { PlanView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { CirclePause, Play } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** Starts a run; where it cannot, says in sentences what stands between. */
export function ExecuteButton({ plan }: { plan: PlanView }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const execute = useMutation(
    trpc.plans.execute.mutationOptions({
      onSuccess: async ({ runId }) => {
        router.push(`/runs/${runId}`);
        await queryClient.invalidateQueries(trpc.plans.pathFilter());
      },
    }),
  );
  const running = plan.latestRunStatus === "running" || plan.latestRunStatus === "queued";
  return (
    <div className="flex max-w-md flex-col items-start gap-2 sm:items-end">
      <div className="flex flex-wrap gap-2">
        {plan.latestRunId !== null && (
          <Button asChild>
            <Link href={`/runs/${plan.latestRunId}`}>
              {running ? "Watch the run" : "Latest run"}
            </Link>
          </Button>
        )}
        <RightButton
          permission="plan.execute"
          flag="FEATURE_PLANNER_EXECUTE"
          variant="primary"
          disabled={!plan.executable || execute.isPending || execute.isSuccess}
          onClick={() => execute.mutate({ planId: plan.id })}
        >
          <Play aria-hidden />
          {execute.isPending || execute.isSuccess ? "Starting…" : "Execute"}
        </RightButton>
      </div>
      {!plan.executable && (
        <ul className="flex flex-col gap-0.5 text-xs text-wait sm:text-right">
          {plan.blockers.map((blocker) => (
            <li key={blocker} className="flex items-center gap-1 sm:justify-end">
              <CirclePause aria-hidden className="size-3 shrink-0" />
              {blocker}
            </li>
          ))}
        </ul>
      )}
      <CommandProblem error={execute.error} className="w-full" />
    </div>
  );
}
