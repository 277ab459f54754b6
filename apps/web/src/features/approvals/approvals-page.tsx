"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@nofx/ui/primitives/tabs";
import { CircleCheck, History } from "lucide-react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ApprovalRow } from "./approval-row.tsx";
import { type ApprovalsShown, readApprovalsShown } from "./search-params.ts";
import { usePendingApprovals } from "./use-pending-approvals.ts";

const SHOWN: readonly { value: ApprovalsShown; label: string }[] = [
  { value: "pending", label: "Waiting" },
  { value: "closed", label: "Decided or ended" },
  { value: "all", label: "All" },
];

export function ApprovalsPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const shown = readApprovalsShown(read);
  const pending = usePendingApprovals();
  const approvals = useInfiniteQuery(
    trpc.approvals.list.infiniteQueryOptions({ status: shown }, byCursor),
  );
  const rows = approvals.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader
        title="Approvals"
        meta={
          pending === 0
            ? "Nothing waits for a decision."
            : `${pending} ${pending === 1 ? "question waits" : "questions wait"} for a decision, the most urgent first.`
        }
      />
      <Section>
        <Tabs
          value={shown}
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
          <TabsContent value={shown}>
            <QueryView query={approvals} what="approvals">
              {(data) =>
                rows.length === 0 ? (
                  shown === "pending" ? (
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
                        <ApprovalRow key={approval.id} approval={approval} />
                      ))}
                    </ul>
                    <LoadMore
                      shown={rows.length}
                      total={data.pages[0]?.total ?? null}
                      what="approvals"
                      hasMore={approvals.hasNextPage}
                      loading={approvals.isFetchingNextPage}
                      onMore={() => void approvals.fetchNextPage()}
                    />
                  </>
                )
              }
            </QueryView>
          </TabsContent>
        </Tabs>
      </Section>
    </>
  );
}
