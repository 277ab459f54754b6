"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Select } from "@nofx/ui/primitives/input";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@nofx/ui/primitives/tabs";
import { CircleCheck, History, ListChecks, Users } from "lucide-react";
import Link from "next/link";
import { useMemo, useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ApprovalRow } from "./approval-row.tsx";
import { BatchBar } from "./batch-bar.tsx";
import { type ApprovalsShown, isFiltered, readApprovalsFilter, SUBJECTS } from "./search-params.ts";
import { usePendingApprovals } from "./use-pending-approvals.ts";

const SHOWN: readonly { value: ApprovalsShown; label: string }[] = [
  { value: "pending", label: "Waiting" },
  { value: "closed", label: "Decided or ended" },
  { value: "all", label: "All" },
];

export function ApprovalsPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readApprovalsFilter(read), [read]);
  const pending = usePendingApprovals();
  const [batch, setBatch] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const approvals = useInfiniteQuery(trpc.approvals.list.infiniteQueryOptions(filter, byCursor));
  const rows = approvals.data?.pages.flatMap((page) => page.items) ?? [];
  const selected = rows.filter((one) => chosen.has(one.id) && one.canDecide);
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <>
      <PageHeader
        title="Approvals"
        meta={
          pending === 0
            ? "Nothing waits for a decision."
            : `${pending} ${pending === 1 ? "question waits" : "questions wait"} for a decision, the most urgent first.`
        }
        actions={
          <Button asChild>
            <Link href="/approvals/people">
              <Users aria-hidden />
              Who decides
            </Link>
          </Button>
        }
      />
      <Section>
        <Tabs
          value={filter.status}
          onValueChange={(show) => write({ show: show === "pending" ? "" : show })}
        >
          <TabsList className="px-3">
            {SHOWN.map(({ value, label }) => (
              <TabsTrigger key={value} value={value}>
                {label}
                {value === "pending" && pending > 0 && (
                  <span className="rounded-full bg-wait-soft px-1.5 text-2xs text-wait">
                    {pending}
                  </span>
                )}
              </TabsTrigger>
            ))}
          </TabsList>
          <div className="flex flex-wrap gap-2 border-b border-line px-3 py-2">
            <Select
              aria-label="About"
              className="h-7.5 w-auto"
              value={filter.subject ?? ""}
              onChange={(event) => write({ about: event.target.value })}
            >
              <option value="">About anything</option>
              {SUBJECTS.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
            <Input
              aria-label="Risk"
              placeholder="Risk, like critical"
              className="h-7.5 w-40"
              defaultValue={filter.risk ?? ""}
              onChange={(event) => write({ risk: event.target.value })}
            />
            <Input
              aria-label="Group"
              placeholder="Asked of group"
              className="h-7.5 w-40"
              defaultValue={filter.group ?? ""}
              onChange={(event) => write({ group: event.target.value })}
            />
            {filter.status === "pending" && (
              <Button
                size="sm"
                aria-pressed={batch}
                className="ml-auto"
                onClick={() => setBatch(!batch)}
              >
                <ListChecks aria-hidden />
                Decide several
              </Button>
            )}
          </div>
          <TabsContent value={filter.status}>
            <QueryView query={approvals} what="approvals">
              {(data) =>
                rows.length === 0 ? (
                  isFiltered(filter) ? (
                    <NoMatchState
                      what="approvals"
                      onClear={() => write({ about: undefined, risk: undefined, group: undefined })}
                    />
                  ) : filter.status === "pending" ? (
                    <EmptyState icon={CircleCheck} title="Nothing waits for you">
                      Sensitive steps, warned plans and questions of agents appear here, in every
                      open browser, the moment they are asked.
                    </EmptyState>
                  ) : (
                    <EmptyState icon={History} title="No decisions yet">
                      What was approved, rejected or ended without an answer is kept here.
                    </EmptyState>
                  )
                ) : (
                  <>
                    <ul className="divide-y divide-line">
                      {rows.map((approval) => (
                        <ApprovalRow
                          key={approval.id}
                          approval={approval}
                          {...(batch && {
                            chosen: chosen.has(approval.id),
                            onChoose: (on: boolean) => choose(approval.id, on),
                          })}
                        />
                      ))}
                    </ul>
                    <LoadMore
                      shown={rows.length}
                      total={isFiltered(filter) ? null : (data.pages[0]?.total ?? null)}
                      what="approvals"
                      hasMore={approvals.hasNextPage}
                      loading={approvals.isFetchingNextPage}
                      onMore={() => void approvals.fetchNextPage()}
                    />
                  </>
                )
              }
            </QueryView>
            {batch && filter.status === "pending" && (
              <BatchBar selected={selected} onDone={() => setChosen(new Set())} />
            )}
          </TabsContent>
        </Tabs>
      </Section>
    </>
  );
}
