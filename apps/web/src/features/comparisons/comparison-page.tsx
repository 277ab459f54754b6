"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ComparisonView } from "@nofx/core/api";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Play } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { useRight } from "#features/session/session-provider.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { ComparisonTable } from "./comparison-table.tsx";
import { ModelAnswer } from "./model-answer.tsx";

/** Answers are stored as they come. */
const EVERY_MS = 1_000;

export function ComparisonPage({ comparisonId }: { comparisonId: string }) {
  const trpc = useTRPC();
  const comparison = useQuery({
    ...trpc.comparisons.get.queryOptions({ comparisonId }),
    refetchInterval: ({ state }) => (state.data?.status === "ended" ? false : EVERY_MS),
  });
  return (
    <QueryView
      query={comparison}
      what="this comparison"
      skeleton={<PageSkeleton label="Loading the comparison" />}
    >
      {(data) => <Comparison comparison={data} />}
    </QueryView>
  );
}

function Comparison({ comparison }: { comparison: ComparisonView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { allowed } = useRight("plan.create");
  const run = useMutation(
    trpc.comparisons.run.mutationOptions({
      onSuccess: (data) =>
        queryClient.setQueryData(trpc.comparisons.get.queryKey({ comparisonId: data.id }), data),
    }),
  );
  const { id: comparisonId, status, rows } = comparison;
  const begun = useRef(false);
  const untouched = rows.every((row) => row.status === "waiting");
  const { mutate } = run;
  // whoever comes from the dialog need not press once more
  useEffect(() => {
    if (begun.current || !untouched || !allowed) return;
    begun.current = true;
    mutate({ comparisonId });
  }, [untouched, allowed, comparisonId, mutate]);
  return (
    <>
      <PageHeader
        back={<Link href="/plans">Plans</Link>}
        title={`Models compared on ${comparison.pack}`}
        meta={
          <>
            <span>
              {comparison.items === null
                ? "all items"
                : `${comparison.items.length.toLocaleString("en")} chosen items`}
            </span>
            <span>
              asked <RelativeTime at={comparison.createdAt} /> by {comparison.createdBy}
            </span>
            <span>seed {comparison.seed}</span>
            <IdChip id={comparisonId} />
          </>
        }
        actions={
          status === "waiting" &&
          !run.isPending && (
            <RightButton
              permission="plan.create"
              flag="FEATURE_AUTO_PLANNER"
              variant="primary"
              onClick={() => run.mutate({ comparisonId })}
            >
              <Play aria-hidden />
              Ask the models
            </RightButton>
          )
        }
      />
      <CommandProblem error={run.error} />
      <Section title="Outcomes">
        <ComparisonTable comparison={comparison} />
      </Section>
      {rows.map((row) => (
        <ModelAnswer key={row.model} row={row} />
      ))}
    </>
  );
}
