"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { Input, Select } from "@nofx/ui/primitives/input";
import { ScrollText } from "lucide-react";
import { useMemo } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { AuditTable } from "./audit-table.tsx";
import { ChainStatus } from "./chain-status.tsx";
import { ExportButton } from "./export-button.tsx";
import { ALL_ENTRIES, isFiltered, readAuditFilter, SUBJECTS } from "./search-params.ts";

export function AuditPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readAuditFilter(read), [read]);
  const entries = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(filter, {
      ...byCursor,
      placeholderData: keepPreviousData,
    }),
  );
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? [];
  const clear = () =>
    write({
      verb: undefined,
      by: undefined,
      actor: undefined,
      about: undefined,
      from: undefined,
      to: undefined,
    });
  return (
    <>
      <PageHeader
        title="Audit"
        meta={
          <span className="text-sm text-soft">
            Every decision, each entry chained to the one before.
          </span>
        }
        actions={<ExportButton />}
      />
      <ChainStatus />
      <Section title="Entries" actions={<Filters read={read} write={write} />}>
        <QueryView query={entries} what="the audit log">
          {() =>
            rows.length === 0 ? (
              isFiltered(filter) ? (
                <NoMatchState what="entries" onClear={clear} />
              ) : (
                <EmptyState icon={ScrollText} title="Nothing was decided yet">
                  Plans, verdicts, approvals and runs leave an entry here, in the same transaction.
                </EmptyState>
              )
            ) : (
              <>
                <AuditTable
                  entries={rows}
                  {...(Object.keys(filter).length === 0 && {
                    onSeals: () => write({ verb: ALL_ENTRIES }),
                  })}
                />
                <LoadMore
                  shown={rows.length}
                  total={null}
                  what="entries"
                  hasMore={entries.hasNextPage}
                  loading={entries.isFetchingNextPage}
                  onMore={() => void entries.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
    </>
  );
}

function Filters({
  read,
  write,
}: {
  read: (name: string) => string | undefined;
  write: (changes: Record<string, string | undefined>) => void;
}) {
  const field = (name: string) => ({
    className: "h-7.5 w-auto max-w-40",
    value: read(name) ?? "",
    onChange: (event: { target: { value: string } }) => write({ [name]: event.target.value }),
  });
  return (
    <div className="flex flex-wrap gap-2">
      <Select aria-label="What" {...field("verb")}>
        <option value="">Decisions</option>
        <option value={ALL_ENTRIES}>All entries, seals of events too</option>
        {Object.entries(SUBJECTS).map(([verb, label]) => (
          <option key={verb} value={verb}>
            {label}
          </option>
        ))}
      </Select>
      <Select aria-label="By" {...field("by")}>
        <option value="">By anybody</option>
        <option value="member">Members</option>
        <option value="agent">Agents</option>
        <option value="worker">Workers</option>
        <option value="system">The system</option>
      </Select>
      <Input type="search" aria-label="Name or id of who" placeholder="Who" {...field("actor")} />
      <Input
        type="search"
        aria-label="Id of what it is about"
        placeholder="About: plan_…"
        {...field("about")}
      />
      <Input type="date" aria-label="From this day, UTC" {...field("from")} />
      <Input type="date" aria-label="To this day, UTC" {...field("to")} />
    </div>
  );
}
