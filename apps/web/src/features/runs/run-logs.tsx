"use client";

import { EmptyState } from "@nofx/ui/blocks/states";
import { LogView } from "@nofx/ui/blocks/log-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Select } from "@nofx/ui/primitives/input";
import { ScrollText } from "lucide-react";
import { QueryView } from "#shell/query-view.tsx";
import { useRunLogs } from "./use-run-logs.ts";
import type { StepView } from "./types.ts";

export function RunLogs({
  runId,
  steps,
  shown,
  onShow,
}: {
  runId: string;
  steps: readonly StepView[];
  /** Name of the step whose lines are shown; all when undefined. */
  shown: string | undefined;
  onShow: (name: string | undefined) => void;
}) {
  const step = steps.find((one) => one.name === shown);
  const { query, loadOlder, loadingOlder } = useRunLogs(runId, step?.id);
  return (
    <Section
      title="Logs"
      actions={
        <div className="flex items-center gap-2">
          {query.data?.nextCursor && (
            <Button size="sm" disabled={loadingOlder} onClick={() => void loadOlder()}>
              {loadingOlder ? "Loading…" : "Load older"}
            </Button>
          )}
          <Select
            aria-label="Step whose logs are shown"
            className="h-7.5 w-auto max-w-48"
            value={step?.name ?? ""}
            onChange={(event) => onShow(event.target.value || undefined)}
          >
            <option value="">All steps</option>
            {steps.map((one) => (
              <option key={one.id} value={one.name}>
                {one.name}
              </option>
            ))}
          </Select>
        </div>
      }
      bodyClassName="p-2"
    >
      <QueryView query={query} what="logs">
        {(data) =>
          data.items.length === 0 ? (
            <EmptyState icon={ScrollText} title="No lines yet">
              {step === undefined
                ? "What the steps print appears here while they run."
                : `${step.name} has not printed anything.`}
            </EmptyState>
          ) : (
            <LogView
              label={step === undefined ? "Logs of all steps" : `Logs of ${step.name}`}
              lines={data.items.map((line) => ({
                id: line.id,
                at: line.at,
                source: step === undefined ? line.stepName : null,
                stream: line.stream,
                text: line.text,
              }))}
            />
          )
        }
      </QueryView>
    </Section>
  );
}
