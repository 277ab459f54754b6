"use client";

import type { ApprovalView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { CirclePause } from "lucide-react";
import Link from "next/link";

/** One approval in a list: enough to see what it is and how urgent; deciding takes reading it whole. */
export function ApprovalRow({ approval }: { approval: ApprovalView }) {
  const pending = approval.status === "pending";
  return (
    <li className="flex flex-col gap-2 px-3 py-3 hover:bg-muted/50 sm:flex-row sm:items-center sm:gap-4">
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
        </div>
        <p className="mt-0.5 line-clamp-2 text-sm break-words text-soft">
          <PlainText text={approval.question} />
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-faint">
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
