import type { DispatchDecisionView } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { sayUsd } from "#shell/say-usd.ts";
import { sayShare } from "./say-dispatch.ts";

const LEVEL = {
  segment: "outcomes of just this kind of work",
  capability: "outcomes of the capability",
  tenant: "outcomes of the tenant",
  prior: "no outcomes: what is taken for granted",
} as const;

export function DecisionList({
  decisions,
  opened,
  onOpen,
}: {
  decisions: readonly DispatchDecisionView[];
  opened: string | undefined;
  onOpen: (id: string) => void;
}) {
  return (
    <ul className="divide-y divide-line">
      {decisions.map((decision) => (
        <Decision
          key={decision.id}
          of={decision}
          isOpen={decision.id === opened}
          onOpen={() => onOpen(decision.id)}
        />
      ))}
    </ul>
  );
}

function Decision({
  of: decision,
  isOpen,
  onOpen,
}: {
  of: DispatchDecisionView;
  isOpen: boolean;
  onOpen: () => void;
}) {
  const { outcome } = decision;
  return (
    <li className="flex flex-col gap-1.5 px-3 py-2.5 text-sm">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{decision.strategy}</span>
        <code className="font-mono text-xs text-soft">{decision.segment}</code>
        {decision.heldOut && <Badge tone="wait">hold-out: at random</Badge>}
        {outcome !== null && (
          <Badge tone={outcome.succeeded ? "good" : "bad"}>
            {outcome.succeeded ? "succeeded" : "failed"} in{" "}
            {formatDuration(outcome.seconds * 1_000)}
            {outcome.costUsd > 0 && `, ${sayUsd(outcome.costUsd)}`}
          </Badge>
        )}
        <span className="ml-auto flex items-center gap-2 text-xs whitespace-nowrap text-faint">
          {decision.runId !== null && (
            <Link href={`/runs/${decision.runId}?view=hierarchy`} className="text-accent underline">
              run
            </Link>
          )}
          <RelativeTime at={decision.at} />
        </span>
      </div>
      <p className="text-soft">{decision.reason}</p>
      <div>
        <Button size="sm" aria-expanded={isOpen} onClick={onOpen}>
          {isOpen ? "Hide the numbers" : "The numbers"}
        </Button>
      </div>
      {isOpen && <Numbers of={decision} />}
    </li>
  );
}

/** By what it was chosen: of each strategy what is believed, and of the agents their share of the draw. */
function Numbers({ of: decision }: { of: DispatchDecisionView }) {
  return (
    <>
      <p className="text-xs text-faint">
        By {LEVEL[decision.level]}. A success is worth {sayUsd(decision.successUsd)}, an hour of
        waiting costs {sayUsd(decision.hourUsd)}; {sayShare(decision.holdOut)} is held out.
      </p>
      <Table>
        <THead>
          <Tr>
            <Th>Strategy</Th>
            <Th>Success</Th>
            <Th className="text-right">Takes</Th>
            <Th className="text-right">Costs</Th>
            <Th className="text-right">Worth</Th>
            <Th className="text-right">Odds</Th>
            <Th className="hidden text-right md:table-cell">Outcomes</Th>
          </Tr>
        </THead>
        <TBody>
          {decision.strategies.map((one) => (
            <Tr key={one.strategy}>
              <Td className="font-medium">
                {one.strategy}
                {one.excluded !== undefined && (
                  <span className="block text-xs font-normal text-faint">{one.excluded}</span>
                )}
              </Td>
              <Td className="whitespace-nowrap tabular-nums">
                {sayShare(one.success)}{" "}
                <span className="text-xs text-faint">
                  {sayShare(one.successLow)} to {sayShare(one.successHigh)}
                </span>
              </Td>
              <Td className="text-right tabular-nums">{formatDuration(one.seconds * 1_000)}</Td>
              <Td className="text-right tabular-nums">{sayUsd(one.costUsd)}</Td>
              <Td className="text-right tabular-nums">{sayUsd(one.utility)}</Td>
              <Td className="text-right tabular-nums">{sayShare(one.odds)}</Td>
              <Td className="hidden text-right tabular-nums md:table-cell">
                {Math.round(one.evidence * 10) / 10}
              </Td>
            </Tr>
          ))}
        </TBody>
      </Table>
      {decision.agents.length > 0 && (
        <ul className="flex flex-col gap-1 text-xs text-soft">
          {decision.agents.map((agent) => (
            <li key={agent.agentId}>
              <Link href={`/agents/${agent.agentId}`} className="font-mono hover:underline">
                {agent.name}
              </Link>{" "}
              {sayShare(agent.weight)} of the draw: {agent.why}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
