"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Select } from "@nofx/ui/primitives/input";
import { ListTodo, Search, Upload } from "lucide-react";
import dynamic from "next/dynamic";
import { useDeferredValue, useMemo, useState } from "react";
import { useRight } from "#features/session/session-provider.tsx";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { DoneNote } from "./done-note.tsx";
import { ItemTable } from "./item-table.tsx";
import { ITEM_STATE, ITEM_STATES } from "./item-state.ts";
import { PackList } from "./pack-list.tsx";
import { PlanDialog } from "./plan-dialog.tsx";
import { readBacklogFilter } from "./search-params.ts";
import type { Place, Selection } from "./selection.ts";
import { useItemEdits } from "./use-item-edits.ts";

const ImportDialog = dynamic(() =>
  import("./import-dialog.tsx").then((module) => module.ImportDialog),
);

const NOTHING: Selection = new Map();

export function BacklogPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useDeferredValue(useMemo(() => readBacklogFilter(read), [read]));
  const packs = useQuery(trpc.backlog.packs.queryOptions());
  const list = trpc.backlog.list.infiniteQueryOptions(
    { ...filter, limit: 100 },
    { ...byCursor, placeholderData: keepPreviousData },
  );
  const items = useInfiniteQuery(list);
  const edits = useItemEdits(items.data?.pages.flatMap((page) => page.items) ?? []);
  const mayWrite = useRight("backlog.write").allowed;
  const api = useTRPCClient();
  const [search, setSearch] = useState(filter.search ?? "");
  const applySearch = (text: string, others: Record<string, string | undefined> = {}) => {
    setSearch(text);
    write({ ...others, q: text });
  };
  const [importing, setImporting] = useState(false);
  const [planning, setPlanning] = useState<{ pack: string; items?: string[] }>();
  // A choice belongs to the list it was made in.
  const [choice, setChoice] = useState({ pack: filter.pack, chosen: NOTHING });
  const selected = choice.pack === filter.pack ? choice.chosen : NOTHING;
  const select = (chosen: Selection) => setChoice({ pack: filter.pack, chosen });
  const selectAll = async () => {
    const { items: found } = await api.backlog.selection.query(filter);
    select(new Map(found.map(({ id, key, pack }) => [id, { key, pack }])));
  };

  const { rows } = edits;
  const isFiltered = Object.keys(filter).length > 0;
  const total = items.data?.pages[0]?.total ?? null;
  const allShown = rows.length > 0 && rows.every((row) => selected.has(row.id));
  const moreThanShown = items.hasNextPage && selected.size <= rows.length;
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
            Import what there is to do: a table (Jira, a spreadsheet), a list of Markdown tasks,
            GitHub issues, or a whole document. Or load the demo: releasing a small package with
            real commands.
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
                  aria-label="Pack"
                  className="h-7.5 w-auto max-w-48"
                  value={filter.pack ?? ""}
                  onChange={(event) => write({ pack: event.target.value || undefined })}
                >
                  <option value="">All packs</option>
                  {packs.data?.items.map(({ pack }) => (
                    <option key={pack} value={pack}>
                      {pack}
                    </option>
                  ))}
                </Select>
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
            {selected.size > 0 && (
              <BulkBar
                selection={selected}
                labels={[...new Set(rows.flatMap((row) => row.labels))].sort().slice(0, 200)}
                busy={edits.busy}
                onEdit={edits.edit}
                onPlan={(pack, keys) => setPlanning({ pack, items: keys })}
                onClear={() => select(NOTHING)}
              />
            )}
            {allShown && moreThanShown && (
              <p className="border-b border-line px-3 py-1.5 text-sm text-soft">
                All {rows.length} shown are chosen.{" "}
                <Button size="sm" variant="ghost" onClick={() => void selectAll()}>
                  Choose {total === null ? "all" : `all ${total.toLocaleString("en")}`} that match
                </Button>
              </p>
            )}
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
                      onSelect={select}
                      showPack={filter.pack === undefined}
                      onMove={
                        mayWrite
                          ? (place) => edits.move({ ...place, text: told(rows, place) })
                          : undefined
                      }
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
      {importing && (
        <ImportDialog
          open
          onOpenChange={setImporting}
          onImported={(name) => applySearch("", { pack: name, state: undefined })}
        />
      )}
      <DoneNote edits={edits} />
      {planning !== undefined && (
        <PlanDialog {...planning} onClose={() => setPlanning(undefined)} />
      )}
    </>
  );
}

/** A move in words. */
function told(rows: readonly { id: string; key: string }[], { item, target, side }: Place): string {
  const key = (id: string) => rows.find((row) => row.id === id)?.key ?? id;
  return `${key(item)} is ${side} ${key(target)}`;
}
