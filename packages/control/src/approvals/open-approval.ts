import { readRule, type CastVote, type OpenApproval } from "@nofx/core/approvals";
import { ApprovalStatus } from "@nofx/core/vocabulary";
import type { ApprovalRecord } from "@nofx/db/queries";

/** A row as the decision sees it. */
export function openApprovalOf(row: ApprovalRecord): OpenApproval {
  return {
    status: ApprovalStatus.parse(row.status),
    rule: readRule(row.rule),
    requesterUserId: row.requester_user_id,
    argumentsDigest: digestOf(row),
    overdue: row.overdue,
    escalated: row.escalated_at !== null,
    editable: isEditable(row),
    barred: new Map(Object.entries(row.barred)),
  };
}

/** Of what would run now. */
export function digestOf(row: ApprovalRecord): string {
  return row.edited_digest ?? row.arguments_digest;
}

export function castVotesOf(row: ApprovalRecord): CastVote[] {
  return row.decisions.map((one) => ({
    userId: one.for_user_id ?? one.by_user_id,
    byUserId: one.by_user_id,
    decision: one.decision,
    // of before votes had a digest of their own
    argumentsDigest: one.arguments_digest === "" ? digestOf(row) : one.arguments_digest,
    groups: one.groups,
    behind: one.behind,
  }));
}

/** A step of a plan by the form of its kind, anything else by the schema that came with it. */
export function isEditable(row: ApprovalRecord): boolean {
  return row.subject === "plan_step" || row.arguments_schema !== null;
}
