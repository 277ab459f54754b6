import type { Metadata } from "next";
import { AuditPage } from "#features/audit/audit-page.tsx";
import { readAuditFilter } from "#features/audit/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetch, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Audit" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readAuditFilter(readParams(await searchParams));
  await Promise.all([
    prefetchPages(trpc.audit.list.infiniteQueryOptions(filter, byCursor)),
    prefetch(trpc.audit.status.queryOptions({})),
  ]);
  return (
    <Hydrate>
      <AuditPage />
    </Hydrate>
  );
}
