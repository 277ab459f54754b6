import type { AgentView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { AGENT_STATUS } from "@nofx/ui/tokens/status";
import Link from "next/link";
import { sayLoad } from "./say-agent.ts";

const MOST_CAPABILITIES = 4;

export function AgentTable({ agents }: { agents: readonly AgentView[] }) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Agent</Th>
          <Th>Status</Th>
          <Th className="hidden md:table-cell">Capabilities</Th>
          <Th className="hidden sm:table-cell">At work</Th>
          <Th className="hidden lg:table-cell">Team</Th>
          <Th className="hidden lg:table-cell">Last heard of</Th>
        </Tr>
      </THead>
      <TBody>
        {agents.map((agent) => (
          <Row key={agent.id} agent={agent} />
        ))}
      </TBody>
    </Table>
  );
}

function Row({ agent }: { agent: AgentView }) {
  const more = agent.capabilities.length - MOST_CAPABILITIES;
  return (
    <Tr>
      <Td className="min-w-32">
        <Link
          href={`/agents/${agent.id}`}
          className="font-mono text-xs font-medium break-all hover:underline"
        >
          {agent.name}
        </Link>
        {agent.description !== "" && (
          <span className="line-clamp-1 text-xs text-faint">{agent.description}</span>
        )}
      </Td>
      <Td>
        <LookBadge look={AGENT_STATUS[agent.status]} />
        {agent.statusBy === "breaker" && (
          <span className="block text-2xs text-faint">by its breaker</span>
        )}
      </Td>
      <Td className="hidden md:table-cell">
        <span className="flex flex-wrap gap-1">
          {agent.capabilities.slice(0, MOST_CAPABILITIES).map((capability) => (
            <Badge key={capability} className="font-mono">
              {capability}
            </Badge>
          ))}
          {more > 0 && <Badge>{more} more</Badge>}
        </span>
      </Td>
      <Td className="hidden text-xs whitespace-nowrap tabular-nums sm:table-cell">
        {sayLoad(agent)}
        <span className="block text-faint">
          {agent.load.runners} {agent.load.runners === 1 ? "process" : "processes"}
        </span>
      </Td>
      <Td className="hidden text-xs text-soft lg:table-cell">{agent.team ?? "–"}</Td>
      <Td className="hidden text-xs text-faint lg:table-cell">
        {agent.lastSeenAt === null ? "never" : <RelativeTime at={agent.lastSeenAt} />}
        {agent.version !== null && <span className="block">version {agent.version}</span>}
      </Td>
    </Tr>
  );
}
