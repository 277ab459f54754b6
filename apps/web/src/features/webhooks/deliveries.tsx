"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CheckCircle2, Send, XCircle } from "lucide-react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";

const LOOK = {
  delivered: { label: "Taken", tone: "good", icon: CheckCircle2 },
  failed: { label: "Not taken", tone: "bad", icon: XCircle },
} as const;

/** Every attempt to tell it, newest first. */
export function Deliveries({ webhookId, every }: { webhookId: string; every: number }) {
  const trpc = useTRPC();
  const deliveries = useInfiniteQuery({
    ...trpc.webhooks.deliveries.infiniteQueryOptions(
      { webhookId },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: every,
  });
  const rows = deliveries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="Deliveries">
      <QueryView query={deliveries} what="deliveries">
        {(data) =>
          rows.length === 0 ? (
            <EmptyState icon={Send} title="Nothing was sent yet">
              Send a test to see whether the address takes it.
            </EmptyState>
          ) : (
            <>
              <Table>
                <THead>
                  <Tr>
                    <Th>Event</Th>
                    <Th>Outcome</Th>
                    <Th className="hidden sm:table-cell">Answer</Th>
                    <Th className="hidden text-right md:table-cell">Attempt</Th>
                    <Th className="hidden text-right md:table-cell">Took</Th>
                    <Th className="hidden sm:table-cell">When</Th>
                  </Tr>
                </THead>
                <TBody>
                  {rows.map((delivery) => (
                    <Tr key={delivery.id}>
                      <Td>
                        <code className="font-mono text-xs break-all">{delivery.type}</code>
                        <span className="block text-xs text-faint tabular-nums">
                          sequence {delivery.seq.toLocaleString("en")}
                        </span>
                      </Td>
                      <Td>
                        <LookBadge look={LOOK[delivery.status]} />
                      </Td>
                      <Td className="hidden max-w-80 text-xs wrap-anywhere text-soft sm:table-cell">
                        {delivery.httpStatus !== null && `HTTP ${delivery.httpStatus} `}
                        {delivery.error !== null && <PlainText text={delivery.error} />}
                      </Td>
                      <Td className="hidden text-right tabular-nums md:table-cell">
                        {delivery.attempt}
                      </Td>
                      <Td className="hidden text-right whitespace-nowrap tabular-nums md:table-cell">
                        {formatDuration(delivery.tookMs)}
                      </Td>
                      <Td className="hidden text-xs text-faint sm:table-cell">
                        <RelativeTime at={delivery.at} />
                      </Td>
                    </Tr>
                  ))}
                </TBody>
              </Table>
              <LoadMore
                shown={rows.length}
                total={data.pages[0]?.total ?? null}
                what="deliveries"
                hasMore={deliveries.hasNextPage}
                loading={deliveries.isFetchingNextPage}
                onMore={() => void deliveries.fetchNextPage()}
              />
            </>
          )
        }
      </QueryView>
    </Section>
  );
}
