import { OverrideView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import type { OverrideRecord } from "@nofx/db/queries";
import { statusOf } from "./status.ts";

export function viewOverride(row: OverrideRecord, rulesDigest: string): OverrideView {
  const status = statusOf(row, rulesDigest);
  return OverrideView.parse({
    id: toId("override", row.id),
    planId: toId("plan", row.plan_id),
    planTitle: row.plan_title,
    planVersion: row.plan_version,
    scope: row.scope,
    rule: row.rule,
    step: row.step,
    reason: row.reason,
    status,
    live: status === "active",
    covers: row.covers,
    twoPeople: row.two_people,
    requestedBy: row.requested_by_name,
    requestedAt: row.requested_at.toISOString(),
    decidedBy: row.decided_by_name,
    decidedAt: row.decided_at?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
    revokedBy: row.revoked_by_name,
    revokedReason: row.revoked_reason,
    approvalId: row.approval_id === null ? null : toId("approval", row.approval_id),
  });
}

export function noSuchOverride(): NofxError {
  return new NofxError("not_found", { detail: "There is no such override in this tenant." });
}
