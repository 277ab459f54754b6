"use client";

import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { cn } from "@nofx/ui/cn";
import { SETTLE_REFUSED } from "@nofx/ui/tokens/status";
import { Lock, Undo2 } from "lucide-react";
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
  const nameOf = new Map(steps.map((step) => [step.id, step.name]));
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
          <Tr
            key={step.id}
            aria-selected={step.name === selected}
            className={cn(step.undoOf !== null && "bg-muted/50")}
          >
            <Td className="min-w-36">
              <button type="button" onClick={() => onSelect(step.name)} className="text-left">
                <span className="flex items-center gap-1 font-mono text-xs font-medium break-all hover:underline">
                  {step.undoOf !== null && (
                    <Undo2 aria-label="Undo step" className="size-3 shrink-0 text-warn" />
                  )}
                  {step.name}
                  {step.sensitive && <Lock aria-label="Sensitive" className="size-3 text-wait" />}
                </span>
                <span className="line-clamp-2 wrap-anywhere text-soft">
                  {step.undoOf === null
                    ? step.title
                    : `undoes ${nameOf.get(step.undoOf) ?? "a step of another run"}`}
                </span>
              </button>
            </Td>
            <Td>
              <span className="flex flex-col items-start gap-1">
                <StatusBadge of="step" status={step.status} holds={step.holds} />
                {step.keptFrom !== null && (
                  <Badge title="Its result was taken over from an earlier run">kept</Badge>
                )}
                {step.attempts.some((attempt) => attempt.refusedAt !== null) && (
                  <LookBadge look={SETTLE_REFUSED} />
                )}
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
