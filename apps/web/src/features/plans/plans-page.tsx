"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Button } from "@nofx/ui/primitives/button";
import { Select } from "@nofx/ui/primitives/input";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { PLAN_STATUS } from "@nofx/ui/tokens/status";
import { Workflow } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";
import { CompareButton } from "#features/comparisons/compare-button.tsx";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { PLAN_STATUSES, readPlansFilter } from "./search-params.ts";

export function PlansPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readPlansFilter(read), [read]);
  const plans = useInfiniteQuery(
    trpc.plans.list.infiniteQueryOptions(filter, {
      ...byCursor,
      placeholderData: keepPreviousData,
    }),
  );
  const rows = plans.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader
        title="Plans"
        meta="Immutable versions of what is to be done, judged by the gates."
        actions={<CompareButton />}
      />
      <Section
        title="All plans"
        actions={
          <Select
            aria-label="Status"
            className="h-7.5 w-auto"
            value={filter.status ?? ""}
            onChange={(event) => write({ status: event.target.value })}
          >
            <option value="">Any status</option>
            {PLAN_STATUSES.map((status) => (
              <option key={status} value={status}>
                {PLAN_STATUS[status].label}
              </option>
            ))}
          </Select>
        }
      >
        <QueryView query={plans} what="plans">
          {(data) =>
            rows.length === 0 ? (
              filter.status === undefined ? (
                <EmptyState
                  icon={Workflow}
                  title="No plans yet"
                  action={
                    <Button asChild variant="primary">
                      <Link href="/backlog">Make one from the backlog</Link>
                    </Button>
                  }
                >
                  A plan orders backlog items into a graph of steps and lets the gates judge it
                  before anything runs.
                </EmptyState>
              ) : (
                <NoMatchState what="plans" onClear={() => write({ status: undefined })} />
              )
            ) : (
              <>
                <Table>
                  <THead>
                    <Tr>
                      <Th>Plan</Th>
                      <Th className="hidden sm:table-cell">Verdict</Th>
                      <Th>Status</Th>
                      <Th className="hidden text-right sm:table-cell">Steps</Th>
                      <Th className="hidden md:table-cell">Latest run</Th>
                      <Th className="hidden lg:table-cell">Made</Th>
                    </Tr>
                  </THead>
                  <TBody>
                    {rows.map((plan) => (
                      <Tr key={plan.id}>
                        <Td className="min-w-40">
                          <Link
                            href={`/plans/${plan.id}`}
                            className="font-medium wrap-anywhere hover:underline"
                          >
                            {plan.title}
                          </Link>
                          <span className="block text-xs text-faint">
                            {plan.pack} · version {plan.version}
                          </span>
                        </Td>
                        <Td className="hidden sm:table-cell">
                          <VerdictBadge verdict={plan.verdict} />
                        </Td>
                        <Td>
                          <VerdictBadge verdict={plan.verdict} className="mb-1 sm:hidden" />
                          <StatusBadge of="plan" status={plan.status} />
                          {plan.overridden && (
                            <span className="mt-0.5 block text-xs text-warn">overridden</span>
                          )}
                          {plan.pendingApprovals > 0 && (
                            <span className="mt-0.5 block text-xs text-wait">
                              {plan.pendingApprovals}{" "}
                              {plan.pendingApprovals === 1 ? "approval" : "approvals"} waiting
                            </span>
                          )}
                        </Td>
                        <Td className="hidden text-right tabular-nums sm:table-cell">
                          {plan.steps.toLocaleString("en")}
                        </Td>
                        <Td className="hidden md:table-cell">
                          {plan.latestRunId !== null && plan.latestRunStatus !== null ? (
                            <Link href={`/runs/${plan.latestRunId}`} className="hover:opacity-80">
                              <StatusBadge of="run" status={plan.latestRunStatus} />
                            </Link>
                          ) : (
                            <span className="text-faint">Not run yet</span>
                          )}
                        </Td>
                        <Td className="hidden text-xs text-faint lg:table-cell">
                          <RelativeTime at={plan.createdAt} /> by {plan.createdBy}
                        </Td>
                      </Tr>
                    ))}
                  </TBody>
                </Table>
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="plans"
                  hasMore={plans.hasNextPage}
                  loading={plans.isFetchingNextPage}
                  onMore={() => void plans.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
    </>
  );
}
