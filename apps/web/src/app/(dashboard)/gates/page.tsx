import type { Metadata } from "next";
import { GatesPage } from "#features/gates/gates-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Gates" };

export default async function Page() {
  await Promise.all([
    prefetch(trpc.gates.rules.queryOptions({})),
    prefetchPages(trpc.gates.overrides.infiniteQueryOptions({}, byCursor)),
  ]);
  return (
    <Hydrate>
      <GatesPage />
    </Hydrate>
  );
}
