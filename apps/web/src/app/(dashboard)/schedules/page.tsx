import type { Metadata } from "next";
import { SchedulesPage } from "#features/schedules/schedules-page.tsx";
import { readSchedulesFilter } from "#features/schedules/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Schedules" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readSchedulesFilter(readParams(await searchParams));
  await prefetchPages(trpc.schedules.list.infiniteQueryOptions(filter, byCursor));
  return (
    <Hydrate>
      <SchedulesPage />
    </Hydrate>
  );
}
