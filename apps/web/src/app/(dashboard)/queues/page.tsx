import type { Metadata } from "next";
import { QueuesPage } from "#features/queues/queues-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Queues" };

export default async function Page() {
  await prefetchPages(trpc.queues.list.infiniteQueryOptions({}, byCursor));
  return (
    <Hydrate>
      <QueuesPage />
    </Hydrate>
  );
}
