import type { Metadata } from "next";
import { DispatchPage } from "#features/dispatch/dispatch-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Dispatch" };

export default async function Page() {
  await prefetch(trpc.dispatch.measure.queryOptions({}));
  return (
    <Hydrate>
      <DispatchPage />
    </Hydrate>
  );
}
