import { ApprovalView } from "@nofx/core/api";
import { isAllowed, rolesWith, toId } from "@nofx/core/vocabulary";
import type { ApprovalRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";

/** An approval as the person who asks sees it: with whether they may decide, and why not. */
export function viewApproval(ctx: MemberContext, row: ApprovalRecord): ApprovalView {
  const reason = cannotDecide(ctx, row);
  return ApprovalView.parse({
    id: toId("approval", row.id),
    subject: row.subject,
    status: row.status,
    title: row.title,
    question: row.question,
    why: row.why,
    arguments: row.arguments,
    argumentsDigest: row.arguments_digest,
    planId: row.plan_id === null ? null : toId("plan", row.plan_id),
    planTitle: row.plan_title,
    runId: row.run_id === null ? null : toId("run", row.run_id),
    stepId: row.step_id === null ? null : toId("step", row.step_id),
    stepName: row.step_name,
    requestedBy: row.requested_by_name,
    requestedAt: row.requested_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    decisions: row.decisions,
    blocking: row.blocking,
    canDecide: reason === null,
    cannotDecideBecause: reason,
  });
}

function cannotDecide(ctx: MemberContext, row: ApprovalRecord): string | null {
  if (row.status !== "pending") return `It is ${row.status} already.`;
  if (row.overdue) return "Its time has run out.";
  if (!isAllowed(ctx.role, "approval.decide")) {
    return `Your role is ${ctx.role}; deciding takes ${rolesWith("approval.decide").join(" or ")}.`;
  }
  if (row.requester_user_id === ctx.actor.id) {
    return "You asked for this yourself; somebody else has to decide.";
  }
  return null;
}
