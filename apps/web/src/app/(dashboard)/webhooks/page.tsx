import { EventType } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { WebhooksPage } from "#features/webhooks/webhooks-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Webhooks" };

export default async function Page() {
  await Promise.all([
    prefetchPages(trpc.webhooks.list.infiniteQueryOptions({}, byCursor)),
    prefetch(trpc.inbound.list.queryOptions({})),
  ]);
  return (
    <Hydrate>
      <WebhooksPage types={EventType.options} />
    </Hydrate>
  );
}
