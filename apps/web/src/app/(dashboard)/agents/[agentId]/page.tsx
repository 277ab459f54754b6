import { AgentId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { AgentPage } from "#features/agents/agent-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Agent" };

export default async function Page({ params }: { params: Promise<{ agentId: string }> }) {
  const { agentId } = await params;
  if (!AgentId.safeParse(agentId).success) notFound();
  await prefetch(trpc.agents.get.queryOptions({ agentId }));
  return (
    <Hydrate>
      <AgentPage agentId={agentId} />
    </Hydrate>
  );
}
