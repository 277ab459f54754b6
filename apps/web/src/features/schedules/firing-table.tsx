"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CalendarClock } from "lucide-react";
import Link from "next/link";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { FIRING_LOOK, sayFiring } from "./schedule-look.ts";

/** What became of each instant, newest first. */
export function FiringTable({ scheduleId, every }: { scheduleId: string; every: number }) {
  const trpc = useTRPC();
  const firings = useInfiniteQuery({
    ...trpc.schedules.firings.infiniteQueryOptions(
      { scheduleId },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: every,
  });
  const rows = firings.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <QueryView query={firings} what="firings">
      {(data) =>
        rows.length === 0 ? (
          <EmptyState icon={CalendarClock} title="It has not fired yet">
            Each of its instants is put down here, with the run that it began.
          </EmptyState>
        ) : (
          <>
            <Table>
              <THead>
                <Tr>
                  <Th>Instant</Th>
                  <Th>Outcome</Th>
                  <Th>Run</Th>
                </Tr>
              </THead>
              <TBody>
                {rows.map((firing) => (
                  <Tr key={firing.occurrence}>
                    <Td className="text-xs whitespace-nowrap">
                      <span className="block font-mono tabular-nums">
                        {firing.occurrence.slice(0, 19).replace("T", " ")} UTC
                      </span>
                      <RelativeTime at={firing.occurrence} className="text-faint" />
                    </Td>
                    <Td>
                      <span className="inline-flex flex-wrap items-center gap-1.5">
                        <LookBadge look={FIRING_LOOK[firing.outcome]} />
                        {firing.byHand && <Badge>by hand</Badge>}
                      </span>
                      {firing.outcome !== "fired" && (
                        <span className="mt-0.5 block max-w-96 text-xs wrap-anywhere text-soft">
                          <PlainText text={sayFiring(firing) ?? ""} />
                        </span>
                      )}
                    </Td>
                    <Td>
                      {firing.run === null ? (
                        <span className="text-xs text-faint">none</span>
                      ) : (
                        <Link href={`/runs/${firing.run.id}`} className="hover:underline">
                          {firing.run.status === null ? (
                            <span className="text-xs">in the history</span>
                          ) : (
                            <StatusBadge of="run" status={firing.run.status} />
                          )}
                        </Link>
                      )}
                    </Td>
                  </Tr>
                ))}
              </TBody>
            </Table>
            <LoadMore
              shown={rows.length}
              total={data.pages[0]?.total ?? null}
              what="firings"
              hasMore={firings.hasNextPage}
              loading={firings.isFetchingNextPage}
              onMore={() => void firings.fetchNextPage()}
            />
          </>
        )
      }
    </QueryView>
  );
}
