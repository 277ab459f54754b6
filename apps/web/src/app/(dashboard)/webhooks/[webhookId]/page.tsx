import { WebhookId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { WebhookPage } from "#features/webhooks/webhook-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Webhook" };

export default async function Page({ params }: { params: Promise<{ webhookId: string }> }) {
  const { webhookId } = await params;
  if (!WebhookId.safeParse(webhookId).success) notFound();
  await Promise.all([
    prefetch(trpc.webhooks.get.queryOptions({ webhookId })),
    prefetchPages(trpc.webhooks.deliveries.infiniteQueryOptions({ webhookId }, byCursor)),
  ]);
  return (
    <Hydrate>
      <WebhookPage webhookId={webhookId} />
    </Hydrate>
  );
}
