import type { Metadata } from "next";
import { readUsageFilter } from "#features/usage/search-params.ts";
import { UsagePage } from "#features/usage/usage-page.tsx";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Usage & cost" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readUsageFilter(readParams(await searchParams));
  await prefetch(trpc.usage.get.queryOptions(filter));
  return (
    <Hydrate>
      <UsagePage />
    </Hydrate>
  );
}
