"use client";

import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import type { RunView } from "./types.ts";

/** Every effect of the run that can be taken back, and what became of that. */
export function UndoRegister({ run, onStep }: { run: RunView; onStep: (name: string) => void }) {
  const nameOf = new Map(run.stepList.map((step) => [step.id, step.name]));
  return (
    <Section title="What can be undone">
      <Table>
        <THead>
          <Tr>
            <Th>Effect of</Th>
            <Th>Undo</Th>
            <Th className="hidden sm:table-cell">By</Th>
            <Th className="hidden md:table-cell">Evidence</Th>
          </Tr>
        </THead>
        <TBody>
          {run.compensations.map((one) => {
            const undo = one.undoStepId === null ? undefined : nameOf.get(one.undoStepId);
            return (
              <Tr key={one.id}>
                <Td className="min-w-32">
                  <StepButton name={one.stepName} onStep={onStep} />
                  {one.name !== "" && (
                    <span className="block text-xs text-faint">at its checkpoint {one.name}</span>
                  )}
                </Td>
                <Td>
                  <StatusBadge of="undo" status={one.status} />
                </Td>
                <Td className="hidden text-xs sm:table-cell">
                  {undo === undefined ? (
                    <span className="text-faint">{one.resolvedBy ?? one.kind}</span>
                  ) : (
                    <StepButton name={undo} onStep={onStep} />
                  )}
                </Td>
                <Td className="hidden max-w-80 text-xs wrap-anywhere text-soft md:table-cell">
                  {one.evidence === null ? "–" : <PlainText text={one.evidence} />}
                </Td>
              </Tr>
            );
          })}
        </TBody>
      </Table>
    </Section>
  );
}

function StepButton({ name, onStep }: { name: string; onStep: (name: string) => void }) {
  return (
    <button
      type="button"
      onClick={() => onStep(name)}
      className="text-left font-mono text-xs break-all text-accent hover:underline"
    >
      {name}
    </button>
  );
}
