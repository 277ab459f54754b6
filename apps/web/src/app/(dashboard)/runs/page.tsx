import type { Metadata } from "next";
import { RunsPage } from "#features/runs/runs-page.tsx";
import { readRunsFilter } from "#features/runs/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Runs" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readRunsFilter(readParams(await searchParams));
  await Promise.all([
    prefetchPages(trpc.runs.list.infiniteQueryOptions(filter, byCursor)),
    prefetch(trpc.retention.get.queryOptions({})),
  ]);
  return (
    <Hydrate>
      <RunsPage />
    </Hydrate>
  );
}
