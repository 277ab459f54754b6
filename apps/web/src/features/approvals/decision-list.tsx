"use client";

import type { ApprovalView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { APPROVAL_STATUS } from "@nofx/ui/tokens/status";

const DECIDED = {
  approve: APPROVAL_STATUS.approved,
  approve_with_changes: APPROVAL_STATUS.approved,
  reject: APPROVAL_STATUS.rejected,
} as const;

/** Who decided what, when and why; or how it ended without anybody. */
export function DecisionList({ approval }: { approval: ApprovalView }) {
  if (approval.status === "pending" && approval.decisions.length === 0) return null;
  return (
    <Section title="Decisions" bodyClassName="p-3">
      {approval.decisions.length === 0 ? (
        <div className="flex items-center gap-2 text-sm text-soft">
          <StatusBadge of="approval" status={approval.status} />
          without a decision
          {approval.decidedAt !== null && <RelativeTime at={approval.decidedAt} />}
        </div>
      ) : (
        <ul className="flex flex-col gap-3">
          {approval.decisions.map((decision) => (
            <li key={decision.at} className="flex flex-col gap-1 text-sm">
              <span className="flex flex-wrap items-center gap-2">
                <LookBadge look={DECIDED[decision.decision]} />
                <span>
                  by <strong className="font-medium">{decision.by}</strong>
                  {decision.for !== null && <> for {decision.for}</>}
                  {decision.via !== null && (
                    <span className="text-xs text-faint"> via {decision.via}</span>
                  )}
                </span>
                <RelativeTime at={decision.at} className="text-xs text-faint" />
              </span>
              {(decision.groups.length > 0 || !decision.counts) && (
                <span className="text-xs text-faint">
                  {decision.groups.join(", ")}
                  {!decision.counts && " for other arguments; it does not count"}
                </span>
              )}
              {decision.reason !== null && (
                <blockquote className="border-l-2 border-line-strong/60 pl-2.5 break-words whitespace-pre-wrap text-soft">
                  <PlainText text={decision.reason} />
                </blockquote>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
