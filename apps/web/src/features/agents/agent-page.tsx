"use client";

import { useQuery } from "@tanstack/react-query";
import type { AgentDetail } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { AGENT_STATUS } from "@nofx/ui/tokens/status";
import { ShieldX } from "lucide-react";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { AgentActions } from "./agent-actions.tsx";
import { AgentKeys } from "./agent-keys.tsx";
import { AgentProcesses } from "./agent-processes.tsx";
import { AgentSteps } from "./agent-steps.tsx";
import { CapabilityTable } from "./capability-table.tsx";
import { sayLoad } from "./say-agent.ts";

const EVERY_MS = 5_000;

export function AgentPage({ agentId }: { agentId: string }) {
  const trpc = useTRPC();
  const agent = useQuery({
    ...trpc.agents.get.queryOptions({ agentId }),
    refetchInterval: EVERY_MS,
  });
  return (
    <QueryView query={agent} what="agent">
      {(data) => <Detail agent={data} />}
    </QueryView>
  );
}

function Detail({ agent }: { agent: AgentDetail }) {
  return (
    <>
      <PageHeader
        back={
          <Link href="/agents" className="hover:underline">
            Agents
          </Link>
        }
        title={agent.name}
        badges={<LookBadge look={AGENT_STATUS[agent.status]} />}
        meta={
          <>
            <IdChip id={agent.id} />
            {agent.description !== "" && (
              <span className="text-sm text-soft">{agent.description}</span>
            )}
          </>
        }
        actions={<AgentActions agent={agent} />}
      />
      <Standing agent={agent} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Section title="What it can do">
            <CapabilityTable capabilities={agent.capabilityDetails} />
          </Section>
          <Section title="What it did last">
            <AgentSteps steps={agent.recentSteps} />
          </Section>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Section title="About it" bodyClassName="p-3">
            <About agent={agent} />
          </Section>
          <Section title="Processes and versions">
            <AgentProcesses agent={agent} />
          </Section>
          <AgentKeys agent={agent} />
        </div>
      </div>
    </>
  );
}

/** Why it is given nothing, where that is so. */
function Standing({ agent }: { agent: AgentDetail }) {
  if (agent.status !== "quarantined" && agent.status !== "draining") return null;
  const title =
    agent.status === "draining"
      ? "It ends what it holds and is given nothing more"
      : agent.statusBy === "breaker"
        ? `Its breaker has opened: ${agent.breaker.failures} of its last ${agent.breaker.outcomes} attempts failed`
        : "It is quarantined and is given nothing";
  return (
    <Callout tone={agent.status === "draining" ? "wait" : "bad"} icon={ShieldX} title={title}>
      {agent.statusReason ?? "No reason was given."}{" "}
      {agent.trialAt !== null && (
        <>
          It is given one step at a time to try from <RelativeTime at={agent.trialAt} />.
        </>
      )}
    </Callout>
  );
}

function About({ agent }: { agent: AgentDetail }) {
  const { load, breaker } = agent;
  return (
    <KeyValue>
      <Fact name="At work">{sayLoad(agent)}</Fact>
      <Fact name="Waiting for it">
        {load.queued.toLocaleString("en")} {load.queued === 1 ? "step" : "steps"}, whoever takes
        them
      </Fact>
      <Fact name="Limit">
        {agent.maxConcurrency === null ? "none" : `${agent.maxConcurrency} steps at once`}
      </Fact>
      <Fact name="Team">{agent.team ?? "none"}</Fact>
      <Fact name="Owner">{agent.owner?.name ?? "nobody"}</Fact>
      <Fact name="Tags">
        {agent.tags.length === 0
          ? "none"
          : agent.tags.map((tag) => (
              <Badge key={tag} className="mr-1">
                {tag}
              </Badge>
            ))}
      </Fact>
      <Fact name="Breaker">
        {breaker.enabled
          ? `${breaker.failures} of the last ${breaker.outcomes} attempts failed; opened ${breaker.trips} ${breaker.trips === 1 ? "time" : "times"}`
          : "switched off"}
      </Fact>
      {agent.card !== null && (
        <Fact name="Card">
          {agent.card.name}
          {agent.card.url !== null && <span className="block break-all">{agent.card.url}</span>}
        </Fact>
      )}
      <Fact name="A2A card">
        <a
          className="text-accent underline"
          href={`/api/agents/${agent.id}/card`}
          target="_blank"
          rel="noreferrer"
        >
          as it is served
        </a>
      </Fact>
    </KeyValue>
  );
}
