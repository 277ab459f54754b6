"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Callout } from "@nofx/ui/blocks/callout";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Select } from "@nofx/ui/primitives/input";
import { Server, Unplug } from "lucide-react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { sayWorkers } from "./say-workers.ts";
import { WorkerTable } from "./worker-table.tsx";

/** What workers do between their coming and going makes no events: looked at anew while on screen. */
const EVERY_MS = 5_000;

export function WorkersPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const all = read("show") === "all";
  const workers = useInfiniteQuery({
    ...trpc.workers.list.infiniteQueryOptions(
      { all },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: EVERY_MS,
  });
  const rows = workers.data?.pages.flatMap((page) => page.items) ?? [];
  const said = sayWorkers(rows);
  return (
    <>
      <PageHeader
        title="Workers"
        meta={
          <span className="text-sm text-soft">
            {workers.data === undefined ? "\u00a0" : said.sentence}
          </span>
        }
      />
      {said.warning !== undefined && (
        <Callout tone="warn" icon={Unplug} title={said.warning}>
          Steps that only they have code for wait, and fail with “No worker has code for it” when
          nobody takes them.
        </Callout>
      )}
      <Section
        title="The plane's workers"
        actions={
          <Select
            aria-label="Which workers"
            className="h-7.5 w-auto"
            value={all ? "all" : ""}
            onChange={(event) => write({ show: event.target.value })}
          >
            <option value="">At work</option>
            <option value="all">Also those that have gone</option>
          </Select>
        }
      >
        <QueryView query={workers} what="workers">
          {(data) =>
            rows.length === 0 ? (
              <EmptyState icon={Server} title="No worker is at work" command="npx nofx status">
                Steps wait until one is started. On your own machine `npm start` runs one.
              </EmptyState>
            ) : (
              <>
                <WorkerTable workers={rows} mayDrain={data.pages[0]?.mayDrain ?? false} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="workers"
                  hasMore={workers.hasNextPage}
                  loading={workers.isFetchingNextPage}
                  onMore={() => void workers.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
    </>
  );
}
