"use client";

import { useMutation } from "@tanstack/react-query";
import type { ComparisonView } from "@nofx/core/api";
import { Workflow } from "lucide-react";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** Makes the next version of the plan of what a model answered: judged and approved as any other. */
export function AdoptButton({ comparison, model }: { comparison: ComparisonView; model: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const create = useMutation(
    trpc.plans.create.mutationOptions({ onSuccess: ({ id }) => router.push(`/plans/${id}`) }),
  );
  return (
    <>
      <RightButton
        permission="plan.create"
        flag="FEATURE_AUTO_PLANNER"
        size="sm"
        disabled={create.isPending || create.isSuccess}
        aria-label={`Adopt the plan of ${model}`}
        onClick={() =>
          create.mutate({ pack: comparison.pack, from: { comparisonId: comparison.id, model } })
        }
      >
        <Workflow aria-hidden />
        Adopt
      </RightButton>
      <CommandProblem error={create.error} className="mt-1 text-left" />
    </>
  );
}
