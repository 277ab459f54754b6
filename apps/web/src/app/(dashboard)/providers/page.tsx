import type { Metadata } from "next";
import { ProvidersPage } from "#features/providers/providers-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Providers & health" };

export default async function Page() {
  await prefetch(trpc.providers.list.queryOptions({}), trpc.providers.health.queryOptions({}));
  return (
    <Hydrate>
      <ProvidersPage />
    </Hydrate>
  );
}
