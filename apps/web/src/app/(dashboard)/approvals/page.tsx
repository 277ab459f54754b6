import type { Metadata } from "next";
import { ApprovalsPage } from "#features/approvals/approvals-page.tsx";
import { readApprovalsFilter } from "#features/approvals/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Approvals" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readApprovalsFilter(readParams(await searchParams));
  await prefetchPages(trpc.approvals.list.infiniteQueryOptions(filter, byCursor));
  return (
    <Hydrate>
      <ApprovalsPage />
    </Hydrate>
  );
}
