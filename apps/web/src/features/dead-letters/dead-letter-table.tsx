"use client";

import type { DeadLetterSummary } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { DEAD_LETTER_REASON, DEAD_LETTER_STAGE } from "@nofx/ui/tokens/status";
import Link from "next/link";

export function DeadLetterTable({ letters }: { letters: readonly DeadLetterSummary[] }) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Step</Th>
          <Th>Status</Th>
          <Th className="hidden sm:table-cell">Why</Th>
          <Th className="hidden lg:table-cell">Stage</Th>
          <Th className="hidden text-right md:table-cell">Tries</Th>
          <Th className="hidden md:table-cell">Last</Th>
          <Th className="hidden xl:table-cell">Run</Th>
        </Tr>
      </THead>
      <TBody>
        {letters.map((letter) => (
          <Tr key={letter.id}>
            <Td className="min-w-36">
              <Link
                href={`/dead-letters/${letter.id}`}
                className="font-mono text-xs font-medium break-all hover:underline"
              >
                {letter.stepName}
              </Link>
              <span className="line-clamp-1 wrap-anywhere text-soft">
                <PlainText text={letter.title} />
              </span>
              <span className="mt-0.5 block text-xs text-faint sm:hidden">
                {DEAD_LETTER_REASON[letter.reason].label} · <RelativeTime at={letter.lastAt} />
              </span>
            </Td>
            <Td>
              <StatusBadge of="dead letter" status={letter.status} />
            </Td>
            <Td className="hidden max-w-96 sm:table-cell">
              <span className="font-medium">{DEAD_LETTER_REASON[letter.reason].label}</span>
              <span className="line-clamp-2 text-xs wrap-anywhere text-soft">
                <PlainText text={letter.error.message} />
              </span>
            </Td>
            <Td className="hidden whitespace-nowrap text-soft lg:table-cell">
              {DEAD_LETTER_STAGE[letter.stage]}
            </Td>
            <Td className="hidden text-right whitespace-nowrap tabular-nums md:table-cell">
              {letter.failures + letter.crashes}
              {letter.crashes > 0 && (
                <span className="block text-xs text-faint">{letter.crashes} lost</span>
              )}
            </Td>
            <Td className="hidden text-xs text-faint md:table-cell">
              <RelativeTime at={letter.lastAt} />
            </Td>
            <Td className="hidden text-xs whitespace-nowrap xl:table-cell">
              <Link
                href={`/runs/${letter.runId}?step=${letter.stepName}`}
                className="text-accent hover:underline"
              >
                {letter.pack ?? "Task"}
              </Link>
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
