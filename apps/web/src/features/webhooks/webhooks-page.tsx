"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Plus, Webhook } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { Receivers } from "./receivers.tsx";
import { webhookLook, webhookName } from "./webhook-look.ts";

const AddWebhookDialog = dynamic(() =>
  import("./add-webhook-dialog.tsx").then((module) => module.AddWebhookDialog),
);

/** `types`: all event types, read on the server so that no schema code is sent along. */
export function WebhooksPage({ types }: { types: readonly string[] }) {
  const trpc = useTRPC();
  const [adding, setAdding] = useState(false);
  const webhooks = useInfiniteQuery(trpc.webhooks.list.infiniteQueryOptions({}, byCursor));
  const rows = webhooks.data?.pages.flatMap((page) => page.items) ?? [];
  const add = (
    <RightButton permission="settings.write" variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden />
      Add a webhook…
    </RightButton>
  );
  return (
    <>
      <PageHeader
        title="Webhooks"
        meta={
          <span className="text-sm text-soft">
            Programs, channels of Slack and people who are told what happens, in order, at least
            once; and whose signed word is taken for a decision.
          </span>
        }
        actions={rows.length > 0 && add}
      />
      <Section title="Told">
        <QueryView query={webhooks} what="webhooks">
          {(data) =>
            rows.length === 0 ? (
              <EmptyState icon={Webhook} title="Nobody is told" action={add}>
                A webhook posts each event of this tenant to an address of yours; it tells a channel
                of Slack, or members by e-mail, what they are asked and what goes wrong.
              </EmptyState>
            ) : (
              <>
                <Table>
                  <THead>
                    <Tr>
                      <Th>Address</Th>
                      <Th>Status</Th>
                      <Th className="hidden sm:table-cell">Told of</Th>
                      <Th className="hidden text-right md:table-cell">Behind</Th>
                    </Tr>
                  </THead>
                  <TBody>
                    {rows.map((webhook) => (
                      <Tr key={webhook.id}>
                        <Td className="min-w-40">
                          <Link
                            href={`/webhooks/${webhook.id}`}
                            className="font-mono text-xs font-medium break-all hover:underline"
                          >
                            {webhookName(webhook)}
                          </Link>
                          {webhook.description !== "" && (
                            <span className="block wrap-anywhere text-soft">
                              {webhook.description}
                            </span>
                          )}
                        </Td>
                        <Td>
                          <LookBadge look={webhookLook(webhook)} />
                        </Td>
                        <Td className="hidden text-xs text-soft sm:table-cell">
                          {webhook.events.length === 0
                            ? "all events"
                            : `${webhook.events.length} ${webhook.events.length === 1 ? "type" : "types"}`}
                        </Td>
                        <Td className="hidden text-right tabular-nums md:table-cell">
                          {webhook.behind.toLocaleString("en")}
                        </Td>
                      </Tr>
                    ))}
                  </TBody>
                </Table>
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="webhooks"
                  hasMore={webhooks.hasNextPage}
                  loading={webhooks.isFetchingNextPage}
                  onMore={() => void webhooks.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      <Receivers />
      {adding && <AddWebhookDialog types={types} onClose={() => setAdding(false)} />}
    </>
  );
}
