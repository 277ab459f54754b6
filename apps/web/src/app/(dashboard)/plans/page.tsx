import type { Metadata } from "next";
import { PlansPage } from "#features/plans/plans-page.tsx";
import { readPlansFilter } from "#features/plans/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Plans" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readPlansFilter(readParams(await searchParams));
  await prefetchPages(trpc.plans.list.infiniteQueryOptions(filter, byCursor));
  return (
    <Hydrate>
      <PlansPage />
    </Hydrate>
  );
}
