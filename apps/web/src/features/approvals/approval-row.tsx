"use client";

import type { ApprovalView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Badge } from "@nofx/ui/primitives/badge";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Button } from "@nofx/ui/primitives/button";
import { CirclePause } from "lucide-react";
import Link from "next/link";

/** One approval in a list: enough to see what it is and how urgent; deciding takes reading it whole. */
export function ApprovalRow({
  approval,
  chosen = false,
  onChoose,
}: {
  approval: ApprovalView;
  chosen?: boolean;
  /** Where several are decided together. */
  onChoose?: (on: boolean) => void;
}) {
  const pending = approval.status === "pending";
  const { people, quorum } = approval.tally;
  return (
    <li className="flex flex-col gap-2 px-3 py-3 hover:bg-muted/50 sm:flex-row sm:items-center sm:gap-4">
      {onChoose !== undefined && (
        <Checkbox
          aria-label={`Select ${approval.title}`}
          checked={chosen && approval.canDecide}
          disabled={!approval.canDecide}
          onChange={(event) => onChoose(event.target.checked)}
        />
      )}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            href={`/approvals/${approval.id}`}
            className="min-w-0 font-medium break-words hover:underline"
          >
            <PlainText text={approval.title} />
          </Link>
          {!pending && <StatusBadge of="approval" status={approval.status} />}
          {pending && approval.blocking && (
            <Badge tone="wait">
              <CirclePause aria-hidden />
              Something waits for this
            </Badge>
          )}
          {approval.risk !== null && <Badge tone="warn">{approval.risk}</Badge>}
          {pending && quorum > 1 && (
            <Badge>
              {people} of {quorum} yes
            </Badge>
          )}
          {approval.escalated && pending && <Badge tone="bad">Escalated</Badge>}
          {approval.hides && <Badge tone="bad">Hidden characters</Badge>}
        </div>
        <p className="mt-0.5 line-clamp-2 text-sm break-words text-soft">
          <PlainText text={approval.question} />
        </p>
        {onChoose !== undefined && (
          <JsonView
            value={approval.editedArguments ?? approval.arguments}
            label="Exactly this"
            className="mt-1"
          />
        )}
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-faint">
          {approval.tool !== null && (
            <span>
              {approval.tool} {approval.toolVersion}
            </span>
          )}
          <span>
            asked by {approval.requestedBy} <RelativeTime at={approval.requestedAt} />
          </span>
          {pending ? (
            <span>
              ends <RelativeTime at={approval.expiresAt} />
            </span>
          ) : (
            approval.decidedAt !== null && (
              <span>
                {approval.decisions.at(-1)?.by ?? "ended"} <RelativeTime at={approval.decidedAt} />
              </span>
            )
          )}
          {approval.planId !== null && (
            <Link href={`/plans/${approval.planId}`} className="hover:text-accent hover:underline">
              {approval.planTitle ?? "Plan"}
            </Link>
          )}
        </p>
      </div>
      {pending && (
        <Button asChild variant={approval.canDecide ? "primary" : "secondary"} size="sm">
          <Link href={`/approvals/${approval.id}`}>
            {approval.canDecide ? "Read and decide" : "Read"}
          </Link>
        </Button>
      )}
    </li>
  );
}
