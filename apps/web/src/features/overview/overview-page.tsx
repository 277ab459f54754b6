"use client";

import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { guessNow, useNow } from "@nofx/ui/hooks/use-now";
import { Button } from "@nofx/ui/primitives/button";
import { CircleCheck, Play } from "lucide-react";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { sayWhatNeedsYou } from "./situation.ts";
import type { ReactNode } from "react";
import type { ApprovalView, RunSummary } from "@nofx/core/api";

const SHOWN = 5;
const EVERY_MS = 5_000;
const LATELY_MS = 86_400_000;

/** What needs the reader first. The rows come in as slots, so that this page leans on no other feature. */
export function OverviewPage({
  renderApproval,
  renderRuns,
}: {
  renderApproval: (approval: ApprovalView) => ReactNode;
  renderRuns: (runs: readonly RunSummary[]) => ReactNode;
}) {
  const trpc = useTRPC();
  const clock = useNow(EVERY_MS);
  const now = clock ?? guessNow(EVERY_MS);
  const approvals = useQuery(trpc.approvals.list.queryOptions({ status: "pending" }));
  const runs = useQuery(trpc.runs.list.queryOptions({ limit: 10 }));

  const waiting = approvals.data?.items ?? [];
  const lately = runs.data?.items ?? [];
  const open = lately.filter((run) => run.status === "running" || run.status === "queued");
  const sentence =
    approvals.data === undefined || runs.data === undefined
      ? "\u00a0"
      : sayWhatNeedsYou(
          {
            mine: waiting.filter((one) => one.canDecide).map((one) => Date.parse(one.expiresAt)),
            others: waiting.filter((one) => !one.canDecide).length,
            running: open.filter((run) => run.waitingFor === null).length,
            resting: open.filter((run) => run.waitingFor !== null).length,
            failed: lately.filter(
              (run) =>
                run.status === "failed" &&
                run.finishedAt !== null &&
                now - Date.parse(run.finishedAt) < LATELY_MS,
            ).length,
          },
          now,
        );

  return (
    <>
      <PageHeader
        title="Overview"
        meta={
          // On the server too: a line that appears while the page hydrates would move what is about to be clicked.
          <span
            key={clock === null ? "guessed" : "known"}
            suppressHydrationWarning
            className="text-base text-soft"
          >
            {sentence}
          </span>
        }
      />
      <Section
        title="Waiting for a decision"
        actions={
          <Link href="/approvals" className="text-xs text-accent hover:underline">
            All approvals
          </Link>
        }
      >
        <QueryView query={approvals} what="approvals">
          {(data) =>
            data.items.length === 0 ? (
              <EmptyState icon={CircleCheck} title="Nothing waits">
                Questions to people appear here the moment they are asked.
              </EmptyState>
            ) : (
              <ul className="divide-y divide-line">
                {data.items.slice(0, SHOWN).map((approval) => renderApproval(approval))}
              </ul>
            )
          }
        </QueryView>
      </Section>
      <Section
        title="Runs"
        actions={
          <Link href="/runs" className="text-xs text-accent hover:underline">
            All runs
          </Link>
        }
      >
        <QueryView query={runs} what="runs">
          {(data) =>
            data.items.length === 0 ? (
              <EmptyState
                icon={Play}
                title="Nothing has run yet"
                action={
                  <Button asChild variant="primary">
                    <Link href="/backlog">To the backlog</Link>
                  </Button>
                }
              >
                Import a backlog, make a plan from it, and execute it.
              </EmptyState>
            ) : (
              renderRuns(data.items.slice(0, SHOWN))
            )
          }
        </QueryView>
      </Section>
    </>
  );
}
