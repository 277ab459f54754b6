import type { Metadata } from "next";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";
import { Overview } from "./client.tsx";

export const metadata: Metadata = { title: "Overview" };

export default async function Page() {
  await prefetch(trpc.runs.list.queryOptions({ limit: 10 }));
  return (
    <Hydrate>
      <Overview />
    </Hydrate>
  );
}
