"use client";

import type { LineagePlan } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { GATE } from "@nofx/ui/tokens/status";
import Link from "next/link";
import type { ReactNode } from "react";
import { LineageRunView } from "./lineage-run.tsx";

/** One version of a plan: what was judged, who said yes, and what ran. */
export function LineagePlanSection({
  plan,
  marked,
}: {
  plan: LineagePlan;
  marked: string | undefined;
}) {
  return (
    <Section
      title={
        <Link href={`/plans/${plan.id}`} className="text-accent hover:underline">
          Plan version {plan.version}
        </Link>
      }
      actions={
        <span className="flex items-center gap-1.5">
          <StatusBadge of="plan" status={plan.status} />
          <VerdictBadge verdict={plan.verdict} />
        </span>
      }
      bodyClassName="flex flex-col gap-4 p-3 text-sm"
    >
      <p className="text-xs text-soft">
        made <RelativeTime at={plan.createdAt} /> by <PlainText text={plan.createdBy} /> · steps{" "}
        {plan.steps.map((step) => step.name).join(", ")} ·{" "}
        <code className="font-mono" title={plan.digest}>
          {plan.digest.slice(0, 12)}…
        </code>
      </p>
      <Part title="Verdicts">
        <ul className="flex flex-col gap-1.5">
          {plan.gates.map(({ gate, verdict, findings }) => (
            <li key={gate} className="flex flex-wrap items-baseline gap-x-2">
              <span className="min-w-24">{GATE[gate].label}</span>
              <VerdictBadge verdict={verdict} />
              {findings.length === 0 && verdict !== "allow" && (
                <span className="w-full pl-4 text-xs text-faint sm:w-auto">
                  because of others: nothing was found about this item
                </span>
              )}
              {findings.map((one, i) => (
                <span key={i} className="w-full pl-4 text-xs text-soft sm:w-auto">
                  <PlainText text={one.reason} />
                </span>
              ))}
            </li>
          ))}
        </ul>
      </Part>
      <Part title="Approvals">
        {plan.approvals.length === 0 ? (
          <None>nothing had to be approved</None>
        ) : (
          <ul className="flex flex-col gap-1.5">
            {plan.approvals.map((approval) => (
              <li key={approval.id}>
                <Link href={`/approvals/${approval.id}`} className="text-accent hover:underline">
                  <PlainText text={approval.title} />
                </Link>{" "}
                <StatusBadge of="approval" status={approval.status} />
                {approval.decisions.map((one) => (
                  <p key={`${one.by} ${one.at}`} className="pl-4 text-xs text-soft">
                    <PlainText text={one.by} />: {one.decision.replaceAll("_", " ")},{" "}
                    <RelativeTime at={one.at} />
                    {one.reason !== null && (
                      <>
                        : <PlainText text={one.reason} />
                      </>
                    )}
                  </p>
                ))}
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title="Runs">
        {plan.runs.length === 0 ? (
          <None>it was not executed</None>
        ) : (
          plan.runs.map((run) => <LineageRunView key={run.id} run={run} marked={marked} />)
        )}
      </Part>
      <Part title="Snapshots">
        {plan.snapshots.length === 0 ? (
          <None>none were kept</None>
        ) : (
          <ul className="flex flex-col gap-1 text-xs">
            {plan.snapshots.map((one) => (
              <li key={one.digest}>
                {one.kind} <RelativeTime at={one.at} />{" "}
                <Link
                  href={`/audit?about=${one.digest}`}
                  className="font-mono text-accent hover:underline"
                >
                  {one.digest.slice(0, 12)}…
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Part>
    </Section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1.5">
      <h3 className="text-xs font-semibold text-soft">{title}</h3>
      {children}
    </div>
  );
}

const None = ({ children }: { children: ReactNode }) => (
  <p className="text-xs text-faint">{children}</p>
);
