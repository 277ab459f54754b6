import type { Metadata } from "next";
import { KeysPage } from "#features/keys/keys-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Keys" };

export default async function Page() {
  await Promise.all([
    prefetchPages(trpc.keys.list.infiniteQueryOptions({}, byCursor)),
    prefetchPages(trpc.keys.audit.infiniteQueryOptions({}, byCursor)),
    prefetch(trpc.keys.keks.queryOptions({})),
  ]);
  return (
    <Hydrate>
      <KeysPage />
    </Hydrate>
  );
}
