import { countedVotes, decide, hidesSomething, readRule, tally } from "@nofx/core/approvals";
import { ApprovalDetail, ApprovalView } from "@nofx/core/api";
import { isAllowed, rolesWith, toId } from "@nofx/core/vocabulary";
import { findGrant, listComments, type ApprovalRecord, type VoterRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { castVotesOf, digestOf, openApprovalOf } from "./open-approval.ts";
import { voterOf } from "./voter.ts";

/** An approval as the person who asks sees it: with whether they may decide, and why not. */
export function viewApproval(
  ctx: MemberContext,
  row: ApprovalRecord,
  voter: VoterRecord,
): ApprovalView {
  const rule = readRule(row.rule);
  const cast = castVotesOf(row);
  const digest = digestOf(row);
  const counted = countedVotes(openApprovalOf(row), cast);
  const yeses = counted.filter(
    (one) => one.decision !== "reject" && one.argumentsDigest === digest,
  );
  const reason = cannotDecide(ctx, row, voter, undefined);
  return ApprovalView.parse({
    id: toId("approval", row.id),
    subject: row.subject,
    status: row.status,
    title: row.title,
    question: row.question,
    why: row.why,
    arguments: row.arguments,
    editedArguments: row.edited_arguments,
    argumentsSchema: row.arguments_schema,
    argumentsDigest: digest,
    hides: hidesSomething([row.edited_arguments ?? row.arguments, row.question, row.title]),
    tool: row.tool,
    toolVersion: row.tool_version,
    target: row.target,
    risk: row.risk,
    rule,
    tally: tally(rule, yeses, row.escalated_at !== null),
    chain: row.principals.map(({ type, name, via }) => ({ type, name, via })),
    hierarchy: placeOf(row),
    version: row.version,
    planId: row.plan_id === null ? null : toId("plan", row.plan_id),
    planTitle: row.plan_title,
    runId: row.run_id === null ? null : toId("run", row.run_id),
    rootRunId: row.root_run_id === null ? null : toId("run", row.root_run_id),
    stepId: row.step_id === null ? null : toId("step", row.step_id),
    stepName: row.step_name,
    requestedBy: row.requested_by_name,
    requestedAt: row.requested_at.toISOString(),
    remindAt: row.remind_at?.toISOString() ?? null,
    escalateAt: row.escalate_at?.toISOString() ?? null,
    escalated: row.escalated_at !== null,
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    decisions: row.decisions.map((one, i) => ({
      by: one.by,
      for: one.for,
      decision: one.decision,
      reason: one.reason,
      groups: one.groups,
      counts: counted.some(
        (vote) =>
          vote === cast[i] && (vote.argumentsDigest === digest || one.decision === "reject"),
      ),
      via: one.via,
      at: one.at,
    })),
    blocking: row.blocking,
    canDecide: reason === null,
    cannotDecideBecause: reason,
    insteadOf: voter.instead_of
      .filter((one) => cannotDecide(ctx, row, voter, one.user_id) === null)
      .map((one) => ({ userId: one.user_id, name: one.name })),
  });
}

/** With what people said about it, and what became of the yes. */
export async function viewDetail(
  ctx: MemberContext,
  tx: CommandTransaction,
  row: ApprovalRecord,
  voter: VoterRecord,
): Promise<ApprovalDetail> {
  const comments = await listComments(tx.db, row.id);
  const grant = await findGrant(tx.db, row.id);
  return ApprovalDetail.parse({
    ...viewApproval(ctx, row, voter),
    comments: comments.map(({ id, by, text, at }) => ({
      id: toId("comment", id),
      by,
      text,
      at: at.toISOString(),
    })),
    grant:
      grant === undefined
        ? null
        : {
            grantedAt: grant.granted_at.toISOString(),
            expiresAt: grant.expires_at.toISOString(),
            consumedAt: grant.consumed_at?.toISOString() ?? null,
          },
  });
}

/** What a yes would be refused for; null where it would be taken. */
function cannotDecide(
  ctx: MemberContext,
  row: ApprovalRecord,
  voter: VoterRecord,
  insteadOf: string | undefined,
): string | null {
  if (row.status !== "pending") return `It is ${row.status} already.`;
  if (row.overdue) return "Its time has run out.";
  if (!isAllowed(ctx.role, "approval.decide")) {
    return `Your role is ${ctx.role}; deciding takes ${rolesWith("approval.decide").join(" or ")}.`;
  }
  const outcome = decide(
    openApprovalOf(row),
    castVotesOf(row),
    { decision: "approve" },
    voterOf(ctx, voter, insteadOf),
  );
  if (outcome.kind === "unchanged") return "You said yes already; others have to as well.";
  return outcome.kind === "refused" ? outcome.why : null;
}

/** Of questions from before they were noted, and of plans, there is no place. */
function placeOf({ hierarchy }: ApprovalRecord): ApprovalView["hierarchy"] {
  if (hierarchy === null) return null;
  const { depth, path, role, chain } = hierarchy;
  return {
    depth,
    path,
    role,
    chain: chain.map((one) => ({
      stepId: toId("step", one.step_id),
      name: one.name,
      role: one.role ?? null,
    })),
  };
}
