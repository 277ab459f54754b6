"use client";

import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Lock } from "lucide-react";
import { RunDuration } from "./run-duration.tsx";
import type { StepView } from "./types.ts";

/** The graph's twin: the same steps and the same selection, as rows. */
export function RunStepTable({
  steps,
  selected,
  onSelect,
}: {
  steps: readonly StepView[];
  selected: string | undefined;
  onSelect: (name: string) => void;
}) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Step</Th>
          <Th>Status</Th>
          <Th className="hidden md:table-cell">Why</Th>
          <Th className="hidden sm:table-cell">Attempts</Th>
          <Th className="hidden sm:table-cell">Took</Th>
          <Th className="hidden lg:table-cell">Executor</Th>
        </Tr>
      </THead>
      <TBody>
        {steps.map((step) => (
          <Tr key={step.id} aria-selected={step.name === selected}>
            <Td className="min-w-36">
              <button type="button" onClick={() => onSelect(step.name)} className="text-left">
                <span className="flex items-center gap-1 font-mono text-xs font-medium break-all hover:underline">
                  {step.name}
                  {step.sensitive && <Lock aria-label="Sensitive" className="size-3 text-wait" />}
                </span>
                <span className="line-clamp-2 wrap-anywhere text-soft">{step.title}</span>
              </button>
            </Td>
            <Td>
              <span className="flex flex-col items-start gap-1">
                <StatusBadge of="step" status={step.status} holds={step.holds} />
                {step.sandbox === "not sandboxed" && (
                  <Badge tone="neutral" title="This command runs with the rights of the worker">
                    not sandboxed
                  </Badge>
                )}
              </span>
            </Td>
            <Td className="hidden max-w-72 text-xs wrap-anywhere text-soft md:table-cell">
              {step.error?.message ?? step.waitingFor ?? step.progress?.note ?? ""}
            </Td>
            <Td className="hidden tabular-nums sm:table-cell">{step.attempts.length || "–"}</Td>
            <Td className="hidden sm:table-cell">
              <RunDuration run={step} />
            </Td>
            <Td className="hidden font-mono text-xs text-faint lg:table-cell">
              {step.executor ?? step.attempts.at(-1)?.executor ?? "–"}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
