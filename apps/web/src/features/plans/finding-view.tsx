"use client";

import type { Finding } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { VERDICT } from "@nofx/ui/tokens/status";
import { Lightbulb } from "lucide-react";
import Link from "next/link";

/** What a gate found: the reason, the tip, and the evidence on demand. */
export function FindingView({
  finding,
  onStep,
}: {
  finding: Finding;
  onStep?: (name: string) => void;
}) {
  const look = VERDICT[finding.verdict];
  return (
    <Callout
      tone={look.tone}
      icon={look.icon}
      title={
        <>
          <span className="sr-only">{look.label}: </span>
          {finding.reason}
        </>
      }
    >
      {finding.tip !== "" && (
        <p className="mt-0.5 flex gap-1.5">
          <Lightbulb aria-hidden className="mt-0.5 size-3.5 shrink-0 text-faint" />
          <span>{finding.tip}</span>
        </p>
      )}
      <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-soft">
        <span>
          rule{" "}
          <Link
            href={`/gates/rules/${finding.rule}`}
            className="font-mono text-accent hover:underline"
          >
            {finding.rule}
          </Link>{" "}
          version {finding.version}
        </span>
        {finding.step !== null && onStep && (
          <button
            type="button"
            className="font-mono text-accent hover:underline"
            onClick={() => onStep(finding.step ?? "")}
          >
            {finding.step}
          </button>
        )}
      </p>
      {Object.keys(finding.evidence).length > 0 && (
        <details className="mt-1 text-xs">
          <summary className="text-soft hover:text-text">Evidence</summary>
          <JsonView value={finding.evidence} label="Evidence" className="mt-1 bg-surface" />
        </details>
      )}
    </Callout>
  );
}
