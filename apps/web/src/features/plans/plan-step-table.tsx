"use client";

import type { PlanStepView } from "@nofx/core/api";
import { StatusBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { Lock } from "lucide-react";
import Link from "next/link";

/** The graph's twin: the same steps and the same selection, as rows. */
export function PlanStepTable({
  steps,
  selected,
  onSelect,
}: {
  steps: readonly PlanStepView[];
  selected: string | undefined;
  onSelect: (name: string) => void;
}) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th className="hidden w-10 text-right sm:table-cell">#</Th>
          <Th>Step</Th>
          <Th className="hidden sm:table-cell">Kind</Th>
          <Th className="hidden md:table-cell">Needs</Th>
          <Th className="hidden text-right lg:table-cell">Starts after</Th>
          <Th className="hidden text-right lg:table-cell">Takes</Th>
          <Th className="hidden text-right lg:table-cell">Slack</Th>
          <Th>Verdict</Th>
          <Th className="hidden sm:table-cell">Approval</Th>
        </Tr>
      </THead>
      <TBody>
        {steps.map((step) => (
          <Tr key={step.id} aria-selected={step.name === selected}>
            <Td className="hidden text-right text-xs text-faint tabular-nums sm:table-cell">
              {step.position + 1}
            </Td>
            <Td className="min-w-36">
              <button type="button" onClick={() => onSelect(step.name)} className="text-left">
                <span className="flex items-center gap-1 font-mono text-xs font-medium break-all hover:underline">
                  {step.name}
                  {step.sensitive && <Lock aria-label="Sensitive" className="size-3 text-wait" />}
                </span>
                <span className="line-clamp-2 wrap-anywhere text-soft">{step.title}</span>
              </button>
            </Td>
            <Td className="hidden whitespace-nowrap text-soft sm:table-cell">
              {step.kind}
              {step.capability !== null && (
                <span className="block text-xs text-faint">{step.capability}</span>
              )}
            </Td>
            <Td className="hidden max-w-56 text-xs text-faint md:table-cell">
              <span className="line-clamp-2 break-words">{step.needs.join(", ") || "–"}</span>
            </Td>
            <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
              {step.startSeconds === null ? "–" : formatDuration(step.startSeconds * 1_000)}
            </Td>
            <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
              {step.estimate === null ? "–" : formatDuration(step.estimate.durationMs.p50)}
            </Td>
            <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
              {step.slackSeconds === null
                ? "–"
                : step.critical
                  ? "critical"
                  : formatDuration(step.slackSeconds * 1_000)}
            </Td>
            <Td>
              <VerdictBadge verdict={step.verdict} />
            </Td>
            <Td className="hidden sm:table-cell">
              {step.approvalId !== null && step.approvalStatus !== null ? (
                <Link href={`/approvals/${step.approvalId}`} className="hover:opacity-80">
                  <StatusBadge of="approval" status={step.approvalStatus} />
                </Link>
              ) : (
                <span className="text-faint">–</span>
              )}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
