"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Select } from "@nofx/ui/primitives/input";
import { RUN_STATUS } from "@nofx/ui/tokens/status";
import { Play } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";
import { RetentionButton } from "#features/retention/retention-button.tsx";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { RunTable } from "./run-table.tsx";
import { readRunsFilter, RUN_STATUSES } from "./search-params.ts";

export function RunsPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readRunsFilter(read), [read]);
  const runs = useInfiniteQuery(
    trpc.runs.list.infiniteQueryOptions(filter, { ...byCursor, placeholderData: keepPreviousData }),
  );
  const rows = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader
        title="Runs"
        meta="Each is one execution of one plan version, or of one task."
        actions={<RetentionButton />}
      />
      <Section
        title="All runs"
        actions={
          <div className="flex flex-wrap gap-2">
            <Select
              aria-label="Type"
              className="h-7.5 w-auto"
              value={filter.type ?? ""}
              onChange={(event) => write({ type: event.target.value })}
            >
              <option value="">Plans and tasks</option>
              <option value="plan">Runs of plans</option>
              <option value="task">Tasks</option>
            </Select>
            <Select
              aria-label="Status"
              className="h-7.5 w-auto"
              value={filter.status ?? ""}
              onChange={(event) => write({ status: event.target.value })}
            >
              <option value="">Any status</option>
              {RUN_STATUSES.map((status) => (
                <option key={status} value={status}>
                  {RUN_STATUS[status].label}
                </option>
              ))}
            </Select>
          </div>
        }
      >
        <QueryView query={runs} what="runs">
          {(data) =>
            rows.length === 0 ? (
              filter.status === undefined && filter.type === undefined ? (
                <EmptyState
                  icon={Play}
                  title="Nothing has run yet"
                  action={
                    <Button asChild variant="primary">
                      <Link href="/plans">To the plans</Link>
                    </Button>
                  }
                >
                  Executing an approved plan starts a run, and so does submitting a task. Steps,
                  logs and files are watched here.
                </EmptyState>
              ) : (
                <NoMatchState
                  what="runs"
                  onClear={() => write({ status: undefined, type: undefined })}
                />
              )
            ) : (
              <>
                <RunTable runs={rows} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="runs"
                  hasMore={runs.hasNextPage}
                  loading={runs.isFetchingNextPage}
                  onMore={() => void runs.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
    </>
  );
}
