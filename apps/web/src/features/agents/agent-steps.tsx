"use client";

import { useQuery } from "@tanstack/react-query";
import type { AgentStepView } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import Link from "next/link";
import { useState } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { sayUsd } from "#shell/say-usd.ts";
import { useTRPC } from "#trpc/react.tsx";

const OUTCOME = {
  under_way: { tone: "active", label: "under way" },
  succeeded: { tone: "good", label: "succeeded" },
  failed: { tone: "bad", label: "failed" },
} as const;

export function AgentSteps({ steps }: { steps: readonly AgentStepView[] }) {
  if (steps.length === 0) {
    return <p className="px-3 py-3 text-sm text-faint">It was given nothing yet.</p>;
  }
  return (
    <ul className="divide-y divide-line">
      {steps.map((step) => (
        <Step key={`${step.stepId}${step.at}`} step={step} />
      ))}
    </ul>
  );
}

function Step({ step }: { step: AgentStepView }) {
  const [asked, setAsked] = useState(false);
  const { tone, label } = OUTCOME[step.outcome];
  const name = step.title ?? step.name ?? step.stepId;
  return (
    <li className="flex flex-col gap-1 px-3 py-2 text-sm">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={tone}>{label}</Badge>
        {step.runId === null ? (
          <span className="font-medium wrap-anywhere">{name}</span>
        ) : (
          <Link
            className="font-medium wrap-anywhere hover:underline"
            href={`/runs/${step.runId}${step.name === null ? "" : `?step=${encodeURIComponent(step.name)}`}`}
          >
            {name}
          </Link>
        )}
        <span className="ml-auto text-xs whitespace-nowrap text-faint tabular-nums">
          {step.ms !== null && `${formatDuration(step.ms)} · `}
          {step.costUsd !== null && step.costUsd > 0 && `${sayUsd(step.costUsd)} · `}
          <RelativeTime at={step.at} />
        </span>
      </div>
      <div className="flex flex-wrap gap-x-2 text-xs text-faint">
        <code className="font-mono">{step.capability}</code>
        {step.errorCode !== null && <span className="text-bad">{step.errorCode}</span>}
        {!asked && (
          <button type="button" className="text-accent underline" onClick={() => setAsked(true)}>
            Why this agent?
            <span className="sr-only"> {name}</span>
          </button>
        )}
      </div>
      {asked && <Why stepId={step.stepId} />}
    </li>
  );
}

/** For whom a step was meant, who took it, and why. */
function Why({ stepId }: { stepId: string }) {
  const trpc = useTRPC();
  const why = useQuery(trpc.dispatch.stepAgent.queryOptions({ stepId }));
  return (
    <QueryView query={why} what="reason">
      {({ preferred, attempts, decision }) => (
        <div className="rounded bg-muted px-2 py-1.5 text-xs text-soft">
          {preferred !== null && attempts.length === 0 && (
            <p>
              Meant for {preferred.name}: {preferred.why}
            </p>
          )}
          {attempts.map((attempt) => (
            <p key={attempt.claimedAt}>
              {attempt.name}: {attempt.why}
            </p>
          ))}
          {decision !== null && (
            <p>
              The strategy: {decision.reason}{" "}
              <Link
                href={`/dispatch?run=${decision.runId ?? ""}&decision=${decision.id}`}
                className="text-accent underline"
              >
                The numbers
              </Link>
            </p>
          )}
        </div>
      )}
    </QueryView>
  );
}
