import type { Metadata } from "next";
import { FlagsPage } from "#features/flags/flags-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Flags" };

export default async function Page() {
  await prefetch(trpc.flags.list.queryOptions({}), trpc.flags.history.queryOptions({}));
  return (
    <Hydrate>
      <FlagsPage />
    </Hydrate>
  );
}
