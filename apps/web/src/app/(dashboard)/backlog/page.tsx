import type { Metadata } from "next";
import { BacklogPage } from "#features/backlog/backlog-page.tsx";
import { readBacklogFilter } from "#features/backlog/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Backlog" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readBacklogFilter(readParams(await searchParams));
  await Promise.all([
    prefetch(trpc.backlog.packs.queryOptions()),
    prefetchPages(trpc.backlog.list.infiniteQueryOptions({ ...filter, limit: 100 }, byCursor)),
  ]);
  return (
    <Hydrate>
      <BacklogPage />
    </Hydrate>
  );
}
