import type { Metadata } from "next";
import { ApprovalsPage } from "#features/approvals/approvals-page.tsx";
import { readApprovalsShown } from "#features/approvals/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Approvals" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const status = readApprovalsShown(readParams(await searchParams));
  await prefetchPages(trpc.approvals.list.infiniteQueryOptions({ status }, byCursor));
  return (
    <Hydrate>
      <ApprovalsPage />
    </Hydrate>
  );
}
