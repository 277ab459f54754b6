"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { BudgetView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { BudgetMeter } from "./budget-meter.tsx";
import { sayAmount } from "./say-budget.ts";

const EVERY_MS = 10_000;

/** What is used now, and what was in the windows before. */
export function BudgetWindows({ budget }: { budget: BudgetView }) {
  const trpc = useTRPC();
  const windows = useInfiniteQuery({
    ...trpc.budgets.usage.infiniteQueryOptions({ budgetId: budget.id }, byCursor),
    refetchInterval: EVERY_MS,
  });
  const rows = windows.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <QueryView query={windows} what="windows">
      {() =>
        rows.length === 0 ? (
          <p className="px-4 py-6 text-sm text-faint">Nothing has been asked of it yet.</p>
        ) : (
          <>
            <Table aria-label="Windows of the budget">
              <THead>
                <Tr>
                  <Th>Of</Th>
                  <Th>Used</Th>
                  <Th className="hidden sm:table-cell">Since</Th>
                  <Th className="hidden text-right md:table-cell">Overrun</Th>
                  <Th className="hidden text-right md:table-cell">Refused</Th>
                </Tr>
              </THead>
              <TBody>
                {rows.map((use) => (
                  <Tr key={`${use.subject} ${use.startsAt}`}>
                    <Td className="text-sm break-all">
                      {budget.scope === "tenant" ? "the tenant" : (use.subjectName ?? use.subject)}
                      {use.approvalId !== null && (
                        <Link
                          href={`/approvals/${use.approvalId}`}
                          className="block text-xs text-accent hover:underline"
                        >
                          more was asked for
                        </Link>
                      )}
                    </Td>
                    <Td>
                      <BudgetMeter budget={budget} use={use} />
                      {Number(use.extra) > 0 && (
                        <span className="block text-xs text-wait">
                          people added {sayAmount(budget.measure, use.extra)}
                        </span>
                      )}
                    </Td>
                    <Td className="hidden text-xs text-soft sm:table-cell">
                      {use.startsAt === null ? "ever" : <RelativeTime at={use.startsAt} />}
                    </Td>
                    <Td className="hidden text-right text-xs tabular-nums md:table-cell">
                      {Number(use.overrun) === 0 ? (
                        <span className="text-faint">none</span>
                      ) : (
                        <span className="text-warn">{sayAmount(budget.measure, use.overrun)}</span>
                      )}
                    </Td>
                    <Td className="hidden text-right text-xs tabular-nums md:table-cell">
                      {use.refusals.toLocaleString("en")}
                    </Td>
                  </Tr>
                ))}
              </TBody>
            </Table>
            <LoadMore
              shown={rows.length}
              total={null}
              what="windows"
              hasMore={windows.hasNextPage}
              loading={windows.isFetchingNextPage}
              onMore={() => void windows.fetchNextPage()}
            />
          </>
        )
      }
    </QueryView>
  );
}
