import type { Metadata } from "next";
import { WorkersPage } from "#features/workers/workers-page.tsx";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Workers" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const all = readParams(await searchParams)("show") === "all";
  await prefetchPages(trpc.workers.list.infiniteQueryOptions({ all }, byCursor));
  return (
    <Hydrate>
      <WorkersPage />
    </Hydrate>
  );
}
