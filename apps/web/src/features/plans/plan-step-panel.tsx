"use client";

import type { Finding, PlanStepView } from "@nofx/core/api";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { StatusBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { formatUsd } from "@nofx/ui/blocks/forecast-facts";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { Badge } from "@nofx/ui/primitives/badge";
import Link from "next/link";
import { FindingView } from "./finding-view.tsx";

/** One step of a plan: what it will do, word for word, and what the gates said of it. */
export function PlanStepPanel({
  step,
  findings,
  onStep,
}: {
  step: PlanStepView;
  findings: readonly Finding[];
  onStep: (name: string) => void;
}) {
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-soft">{step.title}</p>
      <KeyValue>
        <Fact name="Verdict">
          <VerdictBadge verdict={step.verdict} />
        </Fact>
        <Fact name="Kind">
          {step.kind}
          {step.capability !== null && ` · ${step.capability}`}
        </Fact>
        {step.approvalId !== null && step.approvalStatus !== null && (
          <Fact name="Approval">
            <Link href={`/approvals/${step.approvalId}`} className="hover:opacity-80">
              <StatusBadge of="approval" status={step.approvalStatus} />
            </Link>
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
        {(step.risk.length > 0 || step.sensitive) && (
          <Fact name="Risk">
            <span className="flex flex-wrap gap-1">
              {step.sensitive && <Badge tone="wait">sensitive</Badge>}
              {step.risk.map((risk) => (
                <Badge key={risk} tone="warn">
                  {risk}
                </Badge>
              ))}
            </span>
          </Fact>
        )}
        {step.estimate !== null && (
          <Fact name="Takes">
            {formatDuration(step.estimate.durationMs.p50)}
            <span className="text-xs text-faint">
              {" "}
              ({formatDuration(step.estimate.durationMs.p10)} to{" "}
              {formatDuration(step.estimate.durationMs.p90)};{" "}
              {step.estimate.basis === "telemetry"
                ? `${step.estimate.samples.toLocaleString("en")} measured`
                : "nothing like it was measured"}
              )
            </span>
          </Fact>
        )}
        {step.estimate !== null && step.estimate.costUsd.p90 > 0 && (
          <Fact name="Costs">
            {formatUsd(step.estimate.costUsd.p50)}
            <span className="text-xs text-faint">
              {" "}
              ({formatUsd(step.estimate.costUsd.p10)} to {formatUsd(step.estimate.costUsd.p90)})
            </span>
          </Fact>
        )}
        {step.startSeconds !== null && (
          <Fact name="Starts after">
            {formatDuration(step.startSeconds * 1_000)}
            <span className="text-xs text-faint">
              {step.critical
                ? ", on the critical path"
                : `, with ${formatDuration((step.slackSeconds ?? 0) * 1_000)} slack`}
            </span>
          </Fact>
        )}
        {step.resources.length > 0 && (
          <Fact name="Has for itself">{step.resources.join(", ")}</Fact>
        )}
        <Fact name="Owner">{step.owner ?? <span className="text-faint">nobody</span>}</Fact>
        <Fact name="Priority">{step.priority}</Fact>
        <Fact name="Backlog item">
          <code className="font-mono text-xs">{step.itemKey}</code>
        </Fact>
      </KeyValue>
      {findings.map((finding, at) => (
        <FindingView key={at} finding={finding} />
      ))}
      <JsonView value={step.with} label="Exactly what it does" />
    </div>
  );
}
