"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { AgentSessionView, HierarchyNode } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { STEP_STATUS, UNKNOWN_STATUS } from "@nofx/ui/tokens/status";
import { Network } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { sayUsd } from "#shell/say-usd.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { indentOf, sayStrategy } from "./say-hierarchy.ts";

const NODES = 200;

/** Who works below whom in a run: sessions and what they and other steps have started. */
export function RunHierarchy({
  runId,
  selected,
  onSelect,
}: {
  runId: string;
  selected: string | undefined;
  onSelect: (name: string) => void;
}) {
  const trpc = useTRPC();
  const nodes = useInfiniteQuery(
    trpc.hierarchy.ofRun.infiniteQueryOptions({ runId, limit: NODES }, byCursor),
  );
  const sessions = useQuery(trpc.sessions.list.queryOptions({ runId, limit: 100 }));
  const rows = nodes.data?.pages.flatMap((page) => page.items) ?? [];
  const byStep = useMemo(
    () => new Map(sessions.data?.items.map((session) => [session.stepId, session])),
    [sessions.data],
  );
  return (
    <QueryView query={nodes} what="hierarchy">
      {() =>
        rows.length === 0 ? (
          <EmptyState icon={Network} title="Nobody works below anybody">
            A step of kind session has agents work together: solo, as a pair, as a hierarchy or as a
            swarm. Steps that a step starts stand here too.
          </EmptyState>
        ) : (
          <>
            <Table>
              <THead>
                <Tr>
                  <Th>Place</Th>
                  <Th>Role</Th>
                  <Th>Status</Th>
                  <Th className="hidden md:table-cell">Agent</Th>
                  <Th className="hidden text-right lg:table-cell">Took</Th>
                  <Th className="hidden text-right lg:table-cell">Cost</Th>
                </Tr>
              </THead>
              <TBody>
                {rows.map((node) => (
                  <Row
                    key={node.stepId}
                    node={node}
                    session={byStep.get(node.stepId)}
                    selected={node.name === selected}
                    onSelect={onSelect}
                  />
                ))}
              </TBody>
            </Table>
            <LoadMore
              shown={rows.length}
              total={nodes.data?.pages[0]?.total ?? null}
              what="places"
              hasMore={nodes.hasNextPage}
              loading={nodes.isFetchingNextPage}
              onMore={() => void nodes.fetchNextPage()}
            />
          </>
        )
      }
    </QueryView>
  );
}

function Row({
  node,
  session,
  selected,
  onSelect,
}: {
  node: HierarchyNode;
  session: AgentSessionView | undefined;
  selected: boolean;
  onSelect: (name: string) => void;
}) {
  return (
    <Tr className={selected ? "bg-muted" : undefined}>
      <Td>
        <div style={{ paddingInlineStart: `${indentOf(node.depth)}rem` }}>
          <span className="sr-only">Level {node.depth}: </span>
          <button
            type="button"
            className="text-left font-medium wrap-anywhere hover:underline"
            title={node.path}
            onClick={() => onSelect(node.name)}
          >
            {node.title}
          </button>
          {node.session !== null && (
            <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-faint">
              <Badge tone="active">{sayStrategy(node.session)}</Badge>
              {session !== undefined && <Chosen session={session} />}
            </span>
          )}
          {node.capability !== null && node.session === null && (
            <code className="block font-mono text-xs text-faint">{node.capability}</code>
          )}
        </div>
      </Td>
      <Td className="text-xs whitespace-nowrap text-soft">{node.role}</Td>
      <Td>
        <LookBadge look={STEP_STATUS[node.status] ?? UNKNOWN_STATUS} />
        {node.errorCode !== null && (
          <code className="block text-xs text-bad">{node.errorCode}</code>
        )}
        {node.breaker.open && (
          <Badge tone="bad" title={`${node.breaker.failures} failed in a row below it`}>
            nothing more is begun below
          </Badge>
        )}
      </Td>
      <Td className="hidden text-xs md:table-cell">
        {node.agent === null ? (
          <span className="text-faint">–</span>
        ) : (
          <Link href={`/agents/${node.agent.id}`} className="font-mono hover:underline">
            {node.agent.name}
          </Link>
        )}
        {node.crashes + node.failures > 0 && (
          <span className="block text-faint">{node.attempts} attempts</span>
        )}
      </Td>
      <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
        {node.seconds === null ? "–" : formatDuration(node.seconds * 1_000)}
      </Td>
      <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
        {sayUsd(Number(session?.costUsd ?? node.costUsd ?? 0) || null)}
      </Td>
    </Tr>
  );
}

/** Who chose the strategy; where that was the dispatcher, why. */
function Chosen({ session }: { session: AgentSessionView }) {
  if (session.asked !== "auto" || session.decisionId === null)
    return <span>as it was asked for</span>;
  return (
    <Link
      href={`/dispatch?run=${session.runId}&decision=${session.decisionId}`}
      className="text-accent underline"
    >
      chosen on evidence: why?
    </Link>
  );
}
