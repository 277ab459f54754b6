"use client";

import type { ApprovalView, WaitView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { HOLD } from "@nofx/ui/tokens/status";
import {
  CirclePause,
  CopyCheck,
  RotateCw,
  ScrollText,
  ShieldOff,
  Undo2,
  XCircle,
} from "lucide-react";
import Link from "next/link";
import { RightButton } from "#shell/right-button.tsx";
import { AttemptList } from "./attempt-list.tsx";
import { RunDuration } from "./run-duration.tsx";
import type { StepView } from "./types.ts";
import { WaitList } from "./wait-list.tsx";

/** One step of a run: where it stands, why, what it does, and every attempt at it. */
export function RunStepPanel({
  step,
  undone,
  waits,
  approval,
  onStep,
  onLogs,
  onRerun,
}: {
  step: StepView;
  /** The step whose effect this one takes back. */
  undone: StepView | undefined;
  /** What it waits for now. */
  waits: readonly WaitView[];
  approval: ApprovalView | undefined;
  onStep: (name: string) => void;
  onLogs: () => void;
  /** Present where the run may be gone on with from this step. */
  onRerun: (() => void) | undefined;
}) {
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-soft">
        <PlainText text={step.title} />
      </p>
      {undone !== undefined && (
        <Callout
          tone="warn"
          icon={Undo2}
          title={
            <>
              Undoes{" "}
              <button
                type="button"
                onClick={() => onStep(undone.name)}
                className="font-mono underline"
              >
                {undone.name}
              </button>
            </>
          }
        />
      )}
      {step.keptFrom !== null && (
        <Callout tone="neutral" icon={CopyCheck} title="Taken over from an earlier run">
          <Link
            href={`/runs/${step.keptFrom.runId}?step=${step.name}`}
            className="text-accent hover:underline"
          >
            Where it really ran
          </Link>
        </Callout>
      )}
      {step.waitingFor !== null && waits.length === 0 && (
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
      <WaitList waits={waits} />
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
        {step.pivot && (
          <Fact name="Point of no return">Once it is done, nothing of the run is undone.</Fact>
        )}
        {step.cancelRequestedAt !== null && step.finishedAt === null && (
          <Fact name="Cancelled">
            asked for <RelativeTime at={step.cancelRequestedAt} />; its executor is told at its next
            sign of life
          </Fact>
        )}
        {step.deadlineAt !== null && step.finishedAt === null && (
          <Fact name="Deadline">
            <RelativeTime at={step.deadlineAt} />
          </Fact>
        )}
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
      <div className="flex flex-wrap gap-2">
        <Button size="sm" onClick={onLogs}>
          <ScrollText aria-hidden />
          Show its logs
        </Button>
        {onRerun !== undefined && (
          <RightButton permission="run.control" size="sm" onClick={onRerun}>
            <RotateCw aria-hidden />
            Run again from here…
          </RightButton>
        )}
      </div>
      {step.attempts.length > 0 && <AttemptList step={step} />}
      <JsonView value={step.with} label="Exactly what it does" />
      {step.output !== null && step.output !== undefined && (
        <JsonView value={step.output} label="What it returned" />
      )}
    </div>
  );
}
