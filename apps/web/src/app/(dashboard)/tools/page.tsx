import type { Metadata } from "next";
import { ToolsPage } from "#features/tools/tools-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Tools" };

export default async function Page() {
  await prefetchPages(trpc.tools.list.infiniteQueryOptions({ status: "active" }, byCursor));
  return (
    <Hydrate>
      <ToolsPage />
    </Hydrate>
  );
}
