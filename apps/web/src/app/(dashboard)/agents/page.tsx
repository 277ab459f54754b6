import type { Metadata } from "next";
import { AgentsPage } from "#features/agents/agents-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Agents" };

export default async function Page() {
  await prefetch(trpc.agents.demand.queryOptions({}));
  return (
    <Hydrate>
      <AgentsPage />
    </Hydrate>
  );
}
