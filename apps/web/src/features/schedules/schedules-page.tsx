"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { Input, Select } from "@nofx/ui/primitives/input";
import { CalendarClock, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useMemo, useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ScheduleTable } from "./schedule-table.tsx";
import { isFiltered, readSchedulesFilter } from "./search-params.ts";

const ScheduleDialog = dynamic(() =>
  import("./schedule-dialog.tsx").then((module) => module.ScheduleDialog),
);

export function SchedulesPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readSchedulesFilter(read), [read]);
  const [creating, setCreating] = useState(false);
  const schedules = useInfiniteQuery(
    trpc.schedules.list.infiniteQueryOptions(filter, {
      ...byCursor,
      placeholderData: keepPreviousData,
    }),
  );
  const rows = schedules.data?.pages.flatMap((page) => page.items) ?? [];
  const bare = rows.length === 0 && !isFiltered(filter);
  const create = (
    <RightButton permission="plan.execute" variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      New schedule…
    </RightButton>
  );
  return (
    <>
      <PageHeader
        title="Schedules"
        meta={
          <span className="text-sm text-soft">
            Tasks that begin by the clock, each instant once.
          </span>
        }
        actions={!bare && create}
      />
      <Section
        title="All schedules"
        actions={
          <div className="flex flex-wrap gap-2">
            <Input
              type="search"
              aria-label="Name"
              placeholder="Part of the name"
              className="h-7.5 w-44"
              defaultValue={filter.search ?? ""}
              onChange={(event) => write({ q: event.target.value })}
            />
            <Select
              aria-label="Status"
              className="h-7.5 w-auto"
              value={filter.status ?? ""}
              onChange={(event) => write({ status: event.target.value })}
            >
              <option value="">Any status</option>
              <option value="active">Active</option>
              <option value="paused">Paused</option>
            </Select>
          </div>
        }
      >
        <QueryView query={schedules} what="schedules">
          {(data) =>
            rows.length === 0 ? (
              isFiltered(filter) ? (
                <NoMatchState
                  what="schedules"
                  onClear={() => write({ status: undefined, q: undefined })}
                />
              ) : (
                <EmptyState
                  icon={CalendarClock}
                  title="Nothing begins by the clock"
                  action={create}
                >
                  A schedule starts a task at times that you choose: every night in Berlin, every
                  ten minutes, on the first of the month.
                </EmptyState>
              )
            ) : (
              <>
                <ScheduleTable schedules={rows} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="schedules"
                  hasMore={schedules.hasNextPage}
                  loading={schedules.isFetchingNextPage}
                  onMore={() => void schedules.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {creating && <ScheduleDialog onClose={() => setCreating(false)} />}
    </>
  );
}
