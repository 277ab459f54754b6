"use client";

import type { ApprovalView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { HOLD } from "@nofx/ui/tokens/status";
import { CirclePause, ScrollText, ShieldOff, XCircle } from "lucide-react";
import Link from "next/link";
import { AttemptList } from "./attempt-list.tsx";
import { RunDuration } from "./run-duration.tsx";
import type { StepView } from "./types.ts";

/** One step of a run: where it stands, why, what it does, and every attempt at it. */
export function RunStepPanel({
  step,
  approval,
  onStep,
  onLogs,
}: {
  step: StepView;
  approval: ApprovalView | undefined;
  onStep: (name: string) => void;
  onLogs: () => void;
}) {
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-soft">
        <PlainText text={step.title} />
      </p>
      {step.waitingFor !== null && (
        <Callout
          tone={step.holds.length > 0 ? "wait" : "neutral"}
          icon={CirclePause}
          title={step.waitingFor}
          actions={
            approval && (
              <Button asChild size="sm" variant="primary">
                <Link href={`/approvals/${approval.id}`}>
                  {approval.canDecide ? "Decide" : "Look"}
                </Link>
              </Button>
            )
          }
        />
      )}
      {step.error !== null && (
        <Callout tone="bad" icon={XCircle} title={<PlainText text={step.error.message} />}>
          <code className="font-mono text-xs text-soft">{step.error.code}</code>
        </Callout>
      )}
      <KeyValue>
        <Fact name="Status">
          <span className="flex flex-wrap gap-1">
            <StatusBadge of="step" status={step.status} holds={step.holds} />
            {step.holds.slice(1).map((hold) => (
              <LookBadge key={hold} look={HOLD[hold]} />
            ))}
          </span>
        </Fact>
        {step.progress !== null && step.status === "running" && (
          <Fact name="Progress">
            {step.progress.percent !== null && `${Math.round(step.progress.percent)} % `}
            <PlainText text={step.progress.note ?? ""} />
          </Fact>
        )}
        <Fact name="Kind">
          {step.kind}
          {step.capability !== null && ` · ${step.capability}`}
          {step.sandbox !== null && (
            <Badge tone="neutral" className="ml-2">
              <ShieldOff aria-hidden />
              {step.sandbox}
            </Badge>
          )}
        </Fact>
        <Fact name="Took">
          <RunDuration run={step} />
        </Fact>
        {step.executor !== null && (
          <Fact name="Executor">
            <code className="font-mono text-xs break-all">{step.executor}</code>
          </Fact>
        )}
        <Fact name="Needs">
          {step.needs.length === 0 ? (
            <span className="text-faint">nothing</span>
          ) : (
            <span className="flex flex-wrap gap-x-2">
              {step.needs.map((need) => (
                <button
                  key={need}
                  type="button"
                  onClick={() => onStep(need)}
                  className="font-mono text-xs text-accent hover:underline"
                >
                  {need}
                </button>
              ))}
            </span>
          )}
        </Fact>
      </KeyValue>
      <div>
        <Button size="sm" onClick={onLogs}>
          <ScrollText aria-hidden />
          Show its logs
        </Button>
      </div>
      {step.attempts.length > 0 && <AttemptList step={step} />}
      <JsonView value={step.with} label="Exactly what it does" />
      {step.output !== null && step.output !== undefined && (
        <JsonView value={step.output} label="What it returned" />
      )}
    </div>
  );
}
