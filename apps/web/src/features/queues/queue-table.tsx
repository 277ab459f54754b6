"use client";

import type { QueueView, RuleView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CirclePause, Gauge } from "lucide-react";
import { RightButton } from "#shell/right-button.tsx";
import type { Asked } from "./queues-page.tsx";
import { sayCount, sayDuration, sayLimits } from "./say-rule.ts";

export function QueueTable({
  queues,
  rules,
  onAsk,
}: {
  queues: readonly QueueView[];
  rules: readonly RuleView[];
  onAsk: (asked: Asked) => void;
}) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Queue</Th>
          <Th className="text-right">Ready</Th>
          <Th className="hidden text-right md:table-cell">Delayed</Th>
          <Th className="hidden text-right md:table-cell">Held</Th>
          <Th className="hidden text-right sm:table-cell">In flight</Th>
          <Th className="hidden text-right sm:table-cell">Oldest waits</Th>
          <Th className="hidden text-right lg:table-cell">Per minute</Th>
          <Th className="hidden text-right lg:table-cell">Failed</Th>
          <Th className="hidden md:table-cell">Limits</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {queues.map((queue) => (
          <Row
            key={queue.queue}
            queue={queue}
            limits={rules
              .filter((rule) => rule.queue === queue.queue && rule.type === null)
              .flatMap(sayLimits)}
            onAsk={onAsk}
          />
        ))}
      </TBody>
    </Table>
  );
}

function Row({
  queue: row,
  limits,
  onAsk,
}: {
  queue: QueueView;
  limits: readonly string[];
  onAsk: (asked: Asked) => void;
}) {
  const number = "text-right tabular-nums";
  return (
    <Tr>
      <Td className="min-w-28">
        <code className="font-mono text-xs font-medium break-all">{row.queue}</code>
        {row.paused !== null && (
          <span className="mt-0.5 block text-xs text-wait wrap-anywhere">
            Paused: {row.paused.reason}
          </span>
        )}
        <span className="block text-xs text-faint sm:hidden">{row.inFlight} in flight</span>
      </Td>
      <Td className={number}>{sayCount(row.ready)}</Td>
      <Td className={`hidden md:table-cell ${number}`}>{sayCount(row.delayed)}</Td>
      <Td className={`hidden md:table-cell ${number}`}>{sayCount(row.held)}</Td>
      <Td className={`hidden sm:table-cell ${number}`}>{sayCount(row.inFlight)}</Td>
      <Td className={`hidden sm:table-cell ${number}`}>
        {row.ready === 0 ? <span className="text-faint">–</span> : sayDuration(row.oldestSeconds)}
      </Td>
      <Td className={`hidden lg:table-cell ${number}`}>{row.perMinute.toLocaleString("en")}</Td>
      <Td
        className={`hidden lg:table-cell ${number} ${row.failureRate >= 0.5 ? "font-medium text-bad" : ""}`}
      >
        {row.perMinute === 0 ? (
          <span className="text-faint">–</span>
        ) : (
          `${Math.round(row.failureRate * 100)} %`
        )}
      </Td>
      <Td className="hidden md:table-cell">
        <span className="flex flex-wrap gap-1">
          {limits.map((limit) => (
            <Badge key={limit}>{limit}</Badge>
          ))}
        </span>
      </Td>
      <Td className="text-right whitespace-nowrap">
        <RightButton
          permission="queue.manage"
          variant="ghost"
          size="iconSm"
          aria-label={`Limit ${row.queue}`}
          onClick={() => onAsk({ verb: "limit", queue: row.queue })}
        >
          <Gauge aria-hidden />
        </RightButton>
        {row.paused === null && (
          <RightButton
            permission="queue.manage"
            variant="ghost"
            size="iconSm"
            aria-label={`Pause ${row.queue}`}
            onClick={() => onAsk({ verb: "pause", queue: row.queue })}
          >
            <CirclePause aria-hidden />
          </RightButton>
        )}
      </Td>
    </Tr>
  );
}
