"use client";

import type { PlanView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Section } from "@nofx/ui/blocks/page-header";
import { VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Button } from "@nofx/ui/primitives/button";
import { GATE } from "@nofx/ui/tokens/status";
import { Hand, ShieldAlert } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { RightButton } from "#shell/right-button.tsx";
import { FindingView } from "./finding-view.tsx";
import { OverrideList } from "./override-list.tsx";

const OverrideDialog = dynamic(() =>
  import("./override-dialog.tsx").then((module) => module.OverrideDialog),
);

/** What the gates say, worst first, and the approvals that follow from it. */
export function VerdictStrip({ plan, onStep }: { plan: PlanView; onStep: (name: string) => void }) {
  const findings = plan.evaluations
    .flatMap((evaluation) => evaluation.findings)
    .filter((finding) => finding.verdict !== "allow")
    .toSorted((a, b) => Number(b.verdict === "block") - Number(a.verdict === "block"));
  const [overriding, setOverriding] = useState(false);
  const open =
    plan.effectiveVerdict !== "allow" && ["ready", "blocked", "approved"].includes(plan.status);
  const waiting = plan.stepList.filter((step) => step.approvalStatus === "pending");
  return (
    <Section
      title="Verdict"
      bodyClassName="flex flex-col gap-3 p-3"
      actions={
        open && (
          <RightButton permission="gate.override" size="sm" onClick={() => setOverriding(true)}>
            <ShieldAlert aria-hidden />
            Override…
          </RightButton>
        )
      }
    >
      <ul className="flex flex-wrap gap-x-6 gap-y-2">
        {plan.evaluations.map((evaluation) => (
          <li key={evaluation.gate} className="flex items-center gap-2 text-sm">
            <VerdictBadge verdict={evaluation.verdict} />
            <span className="font-medium" title={GATE[evaluation.gate].question}>
              {GATE[evaluation.gate].label}
            </span>
            <span className="text-xs text-faint tabular-nums">{evaluation.score} of 100</span>
          </li>
        ))}
      </ul>
      {plan.effectiveVerdict !== plan.verdict && (
        <p className="flex flex-wrap items-center gap-2 text-sm">
          Without what is overridden: <VerdictBadge verdict={plan.effectiveVerdict} />
        </p>
      )}
      <OverrideList plan={plan} />
      {findings.map((finding, at) => (
        <FindingView key={at} finding={finding} onStep={onStep} />
      ))}
      {plan.planApprovalId !== null && plan.planApprovalStatus === "pending" && (
        <Callout
          tone="wait"
          icon={Hand}
          title="Because of the warning, somebody has to approve this plan before it can run."
          actions={
            <Button asChild size="sm" variant="primary">
              <Link href={`/approvals/${plan.planApprovalId}`}>Decide</Link>
            </Button>
          }
        />
      )}
      {waiting.length > 0 && (
        <Callout
          tone="wait"
          icon={Hand}
          title={`${waiting.length === 1 ? "One step waits" : `${waiting.length} steps wait`} for approval of exactly what ${waiting.length === 1 ? "it does" : "they do"}.`}
        >
          <span className="flex flex-wrap gap-x-3">
            {waiting.map((step) => (
              <Link
                key={step.id}
                href={`/approvals/${step.approvalId}`}
                className="font-mono text-xs text-accent hover:underline"
              >
                {step.name}
              </Link>
            ))}
          </span>
        </Callout>
      )}
      {overriding && <OverrideDialog plan={plan} onClose={() => setOverriding(false)} />}
    </Section>
  );
}
