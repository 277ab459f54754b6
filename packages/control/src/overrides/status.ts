import type { OverrideStatus } from "@nofx/core/vocabulary";
import type { OverrideRecord } from "@nofx/db/queries";

/** What an override is now: what is stored, and what follows from the clock and from what has changed since. */
export function statusOf(row: OverrideRecord, rulesDigest: string): OverrideStatus {
  if (row.status === "refused") return "refused";
  if (row.status === "revoked") return "revoked";
  if (row.plan_digest !== row.digest || row.rules_digest !== rulesDigest) return "void";
  if (row.expired) return "expired";
  if (row.status === "active") return "active";
  return row.approval_status === "pending" || row.approval_status === null ? "pending" : "lapsed";
}

export function isLive(row: OverrideRecord, rulesDigest: string): boolean {
  return statusOf(row, rulesDigest) === "active";
}
