import type { Metadata } from "next";
import { DeadLettersPage } from "#features/dead-letters/dead-letters-page.tsx";
import { readDeadLettersFilter } from "#features/dead-letters/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Dead letters" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readDeadLettersFilter(readParams(await searchParams));
  await Promise.all([
    prefetchPages(trpc.deadLetters.list.infiniteQueryOptions(filter, byCursor)),
    prefetch(trpc.deadLetters.batches.queryOptions({ limit: 5 })),
  ]);
  return (
    <Hydrate>
      <DeadLettersPage />
    </Hydrate>
  );
}
