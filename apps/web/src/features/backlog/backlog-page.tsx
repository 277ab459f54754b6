"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Input, Select } from "@nofx/ui/primitives/input";
import { ListTodo, Search, Upload, Workflow } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { ItemTable } from "./item-table.tsx";
import { ITEM_STATE, ITEM_STATES } from "./item-state.ts";
import { PackList } from "./pack-list.tsx";
import { PlanDialog } from "./plan-dialog.tsx";
import { readBacklogFilter } from "./search-params.ts";

const NOTHING: ReadonlySet<string> = new Set();

export function BacklogPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useDeferredValue(useMemo(() => readBacklogFilter(read), [read]));
  const packs = useQuery(trpc.backlog.packs.queryOptions());
  const items = useInfiniteQuery(
    trpc.backlog.list.infiniteQueryOptions(
      { ...filter, limit: 100 },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
  );
  const [search, setSearch] = useState(filter.search ?? "");
  const applySearch = (text: string, others: Record<string, string | undefined> = {}) => {
    setSearch(text);
    write({ ...others, q: text });
  };
  const [importing, setImporting] = useState(false);
  const [planning, setPlanning] = useState<{ pack: string; items?: string[] }>();
  // A choice belongs to the list it was made in.
  const [choice, setChoice] = useState({ pack: filter.pack, ids: NOTHING });
  const selected = choice.pack === filter.pack ? choice.ids : NOTHING;

  const rows = items.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.keys(filter).length > 0;
  const onePack = new Set(rows.filter((row) => selected.has(row.id)).map((row) => row.pack));
  const pack = [...onePack][0];
  const nothingYet = packs.data?.items.length === 0;

  const importButton = (
    <RightButton
      permission="backlog.write"
      variant={nothingYet ? "primary" : "secondary"}
      onClick={() => setImporting(true)}
    >
      <Upload aria-hidden />
      Import
    </RightButton>
  );

  return (
    <>
      <PageHeader
        title="Backlog"
        meta="Wanted work, in packs. A plan is made from a pack or from chosen items of one."
        actions={nothingYet ? undefined : importButton}
      />
      {nothingYet ? (
        <Section>
          <EmptyState
            icon={ListTodo}
            title="No backlog yet"
            command="npm run demo"
            action={importButton}
          >
            Import a JSON or YAML document with the items to get done, or load the demo: releasing a
            small package with real commands.
          </EmptyState>
        </Section>
      ) : (
        <>
          <PackList
            packs={packs}
            chosen={filter.pack}
            onChoose={(name) => write({ pack: name })}
            onPlan={(name) => setPlanning({ pack: name })}
          />
          <Section
            title={filter.pack === undefined ? "All items" : `Items of ${filter.pack}`}
            actions={
              <div className="flex flex-1 flex-wrap items-center justify-end gap-2">
                {selected.size > 0 && (
                  <RightButton
                    permission="plan.create"
                    flag="FEATURE_AUTO_PLANNER"
                    variant="primary"
                    size="sm"
                    disabled={onePack.size !== 1}
                    onClick={() => {
                      if (pack === undefined) return;
                      const keys = rows.filter((row) => selected.has(row.id)).map((row) => row.key);
                      setPlanning({ pack, items: keys });
                    }}
                  >
                    <Workflow aria-hidden />
                    {onePack.size > 1
                      ? "Choose items of one pack to plan them"
                      : `Plan ${selected.size} chosen`}
                  </RightButton>
                )}
                <div className="relative min-w-40 flex-1 sm:max-w-64">
                  <Search
                    aria-hidden
                    className="pointer-events-none absolute top-2 left-2 size-3.5 text-faint"
                  />
                  <Input
                    type="search"
                    aria-label="Search items"
                    placeholder="Search"
                    className="h-7.5 pl-7"
                    value={search}
                    onChange={(event) => applySearch(event.target.value)}
                  />
                </div>
                <Select
                  aria-label="State"
                  className="h-7.5 w-auto"
                  value={filter.state ?? ""}
                  onChange={(event) => write({ state: event.target.value })}
                >
                  <option value="">Any state</option>
                  {ITEM_STATES.map((state) => (
                    <option key={state} value={state}>
                      {ITEM_STATE[state].label}
                    </option>
                  ))}
                </Select>
              </div>
            }
          >
            <QueryView query={items} what="the backlog">
              {(data) =>
                rows.length === 0 ? (
                  isFiltered ? (
                    <NoMatchState
                      what="items"
                      onClear={() => applySearch("", { pack: undefined, state: undefined })}
                    />
                  ) : (
                    <EmptyState icon={ListTodo} title="No items yet" action={importButton}>
                      The packs are there, their items are not. Import a document to fill them.
                    </EmptyState>
                  )
                ) : (
                  <>
                    <ItemTable
                      items={rows}
                      selected={selected}
                      onSelect={(ids) => setChoice({ pack: filter.pack, ids })}
                    />
                    <LoadMore
                      shown={rows.length}
                      total={data.pages[0]?.total ?? null}
                      what="items"
                      hasMore={items.hasNextPage}
                      loading={items.isFetchingNextPage}
                      onMore={() => void items.fetchNextPage()}
                    />
                  </>
                )
              }
            </QueryView>
          </Section>
        </>
      )}
      <ImportDialog
        open={importing}
        onOpenChange={setImporting}
        onImported={(name) => applySearch("", { pack: name, state: undefined })}
      />
      {planning !== undefined && (
        <PlanDialog {...planning} onClose={() => setPlanning(undefined)} />
      )}
    </>
  );
}
