"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { OVERRIDE_STATUS } from "./override-look.ts";

export function OverrideTable() {
  const trpc = useTRPC();
  const overrides = useInfiniteQuery(trpc.gates.overrides.infiniteQueryOptions({}, byCursor));
  const rows = overrides.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <QueryView query={overrides} what="overrides">
      {() =>
        rows.length === 0 ? (
          <p className="p-3 text-sm text-soft">
            Nobody has overridden a verdict. An override is made on the page of a plan.
          </p>
        ) : (
          <>
            <Table>
              <THead>
                <Tr>
                  <Th>Plan</Th>
                  <Th>About</Th>
                  <Th>Status</Th>
                  <Th className="hidden md:table-cell">Reason</Th>
                  <Th className="hidden sm:table-cell">Until</Th>
                </Tr>
              </THead>
              <TBody>
                {rows.map((one) => (
                  <Tr key={one.id}>
                    <Td>
                      <Link href={`/plans/${one.planId}`} className="font-medium hover:underline">
                        {one.planTitle}
                      </Link>
                      <span className="block text-xs text-soft">version {one.planVersion}</span>
                    </Td>
                    <Td className="font-mono text-xs break-all">
                      {[one.rule, one.step].filter((part) => part !== null).join(", ") || "plan"}
                    </Td>
                    <Td>
                      <LookBadge look={OVERRIDE_STATUS[one.status]} />
                      <span className="mt-0.5 block text-xs text-soft">
                        {one.requestedBy}
                        {one.decidedBy !== null && `, ${one.decidedBy}`}
                      </span>
                    </Td>
                    <Td className="hidden max-w-80 text-xs text-soft md:table-cell">
                      {one.reason}
                    </Td>
                    <Td className="hidden text-xs sm:table-cell">
                      {one.live || one.status === "pending" ? (
                        <RelativeTime at={one.expiresAt} />
                      ) : (
                        <span className="text-faint">counts no more</span>
                      )}
                    </Td>
                  </Tr>
                ))}
              </TBody>
            </Table>
            <LoadMore
              shown={rows.length}
              total={null}
              what="overrides"
              hasMore={overrides.hasNextPage}
              loading={overrides.isFetchingNextPage}
              onMore={() => void overrides.fetchNextPage()}
            />
          </>
        )
      }
    </QueryView>
  );
}
