import { decide, type Outcome } from "@nofx/core/approvals";
import type { ApprovalDetail, DecideApprovalInput } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { expireApproval, findApproval, type ApprovalRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import type { MemberContext } from "../command/context.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { carryOut } from "./carry-out.ts";
import { checkEdit, type Edit } from "./check-edit.ts";
import { castVotesOf, openApprovalOf } from "./open-approval.ts";
import { viewDetail } from "./view.ts";
import { loadVoter, voterOf } from "./voter.ts";

export interface VoteRequest extends DecideApprovalInput {
  readonly approvalId: string;
}

export interface VoteOrigin {
  /** One of many in one go: counted against the person's hourly limit. */
  readonly batch?: boolean;
  /** The receiver that it came in by. */
  readonly via?: string | undefined;
  /** Who knows a secret of that receiver, and could have cast it. */
  readonly behind?: readonly string[] | undefined;
}

/**
 * One vote, under the lock of the question: what core decides is stored, and where it ends the question, carried out, in the same
 * transaction. The same vote again changes nothing; a loser is told the final state.
 */
export async function castVote(
  ctx: MemberContext,
  tx: CommandTransaction,
  request: VoteRequest,
  origin: VoteOrigin = {},
): Promise<ApprovalDetail> {
  const id = toUuid("approval", request.approvalId);
  const approval = await lockApproval(ctx, tx, id);
  const known = await loadVoter(ctx, tx);
  const voter = { ...voterOf(ctx, known, request.insteadOf), behind: origin.behind ?? [] };
  const edit =
    request.decision === "approve_with_changes" && openApprovalOf(approval).editable
      ? checkEdit(ctx, approval, request.arguments)
      : undefined;
  const vote = {
    decision: request.decision,
    shownDigest: request.argumentsDigest,
    editedDigest: edit?.digest,
  };
  const outcome = decide(openApprovalOf(approval), castVotesOf(approval), vote, voter);
  if (outcome.kind === "refused") throw refusal(approval, outcome);
  if (outcome.kind === "voted") {
    const status = outcome.status;
    await store(ctx, tx, approval, { request, origin, outcome, edit, for: voter.instead });
    if (status !== "pending") await carryOut(ctx, tx, { ...approval, status }, status);
    await tell(ctx, tx, approval, { request, origin, outcome, edit });
  }
  return viewDetail(ctx, tx, (await findApproval(tx.db, ctx.tenantId, id)) ?? approval, known);
}

async function lockApproval(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<ApprovalRecord> {
  // the plan first, as every other command does that moves both: two that wait for each other's rows would both fail
  await sql`
    select id from plans where id = (select plan_id from approvals where id = ${id}::uuid and subject in ('plan', 'override')) for update
  `.execute(tx.db);
  await sql`select id from approvals where id = ${id}::uuid for update`.execute(tx.db);
  const approval = await findApproval(tx.db, ctx.tenantId, id);
  if (approval === undefined) {
    throw new NofxError("not_found", { detail: "There is no such approval in this tenant." });
  }
  return approval;
}

function refusal(
  approval: ApprovalRecord,
  outcome: Extract<Outcome, { kind: "refused" }>,
): NofxError {
  if (outcome.code !== "approval_closed") {
    return new NofxError(outcome.code, { detail: outcome.why });
  }
  return closed(approval, approval.status === "pending" ? "expired" : approval.status);
}

function closed(approval: Pick<ApprovalRecord, "decisions">, status: string): NofxError {
  return new NofxError("approval_closed", {
    detail:
      status === "expired"
        ? "Its time ran out before you answered: expiry never approves."
        : `It is ${status} already.`,
    data: {
      status,
      decisions: approval.decisions.map(({ by, decision, reason, at }) => ({
        by,
        decision,
        reason,
        at,
      })),
    },
  });
}

/**
 * Runs a vote; one that came too late ends the question, before the sweep comes by, so that what its caster is told is how it
 * ended and not how it will.
 */
export async function endingWhatIsOver<T>(
  ctx: MemberContext,
  approvalId: string,
  vote: () => Promise<T>,
): Promise<T> {
  try {
    return await vote();
  } catch (error) {
    if (!NofxError.is(error) || error.code !== "approval_closed") throw error;
    if (error.data["status"] !== "expired") throw error;
    throw await inTransaction(ctx, async (tx) => {
      const id = toUuid("approval", approvalId);
      const over = await expireApproval(tx.db, id);
      if (over?.ended === true) {
        tx.ring(over);
        await tx.audit("approval.decided", { approval_id: id, status: "expired" });
      }
      const row = await findApproval(tx.db, ctx.tenantId, id);
      return row === undefined ? error : closed(row, row.status);
    });
  }
}

type Voted = Extract<Outcome, { kind: "voted" }>;

async function store(
  ctx: MemberContext,
  tx: CommandTransaction,
  approval: ApprovalRecord,
  vote: {
    request: VoteRequest;
    origin: VoteOrigin;
    outcome: Voted;
    edit: Edit | undefined;
    for: { userId: string; name: string } | undefined;
  },
): Promise<void> {
  const { request, origin, outcome, edit } = vote;
  await tx.db
    .insertInto("approval_decisions")
    .values({
      tenant_id: ctx.tenantId,
      approval_id: approval.id,
      member_user_id: ctx.actor.id,
      member_name: ctx.name,
      delegated_for: vote.for?.userId ?? null,
      delegated_for_name: vote.for?.name ?? null,
      decision: request.decision,
      reason: request.reason?.trim() || null,
      groups: [...outcome.groups],
      arguments_digest: edit?.digest ?? approval.edited_digest ?? approval.arguments_digest,
      arguments: edit === undefined ? null : JSON.stringify(edit.arguments),
      batch: origin.batch ?? false,
      via: origin.via ?? null,
      behind: [...(origin.behind ?? [])],
    })
    .execute();
  if (edit !== undefined) {
    await sql`
      update approvals set edited_arguments = ${JSON.stringify(edit.arguments)}::jsonb, edited_digest = ${edit.digest}
      where id = ${approval.id}::uuid
    `.execute(tx.db);
  }
  if (outcome.status === "pending") return;
  await sql`
    update approvals set status = ${outcome.status}, decided_at = clock_timestamp() where id = ${approval.id}::uuid
  `.execute(tx.db);
}

async function tell(
  ctx: MemberContext,
  tx: CommandTransaction,
  approval: ApprovalRecord,
  vote: { request: VoteRequest; origin: VoteOrigin; outcome: Voted; edit: Edit | undefined },
): Promise<void> {
  const { request, origin, outcome, edit } = vote;
  const ended = outcome.status !== "pending";
  const about = {
    approval_id: approval.id,
    subject: approval.subject,
    decision: request.decision,
    ...(approval.plan_id === null ? {} : { plan_id: approval.plan_id }),
    ...(approval.step_id === null ? {} : { step_id: approval.step_id }),
  };
  const { people, quorum } = outcome.tally;
  tx.emit({
    ...(ended
      ? { type: "approval.decided", payload: { ...about, status: outcome.status } }
      : { type: "approval.voted", payload: { ...about, people, quorum } }),
    ...(approval.run_id === null ? {} : { runId: approval.run_id }),
  });
  await tx.audit(ended ? "approval.decided" : "approval.voted", {
    approval_id: approval.id,
    decision: request.decision,
    ...(ended ? { status: outcome.status } : { people, quorum }),
    arguments_digest: edit?.digest ?? approval.edited_digest ?? approval.arguments_digest,
    reason_digest: request.reason === undefined ? null : ctx.plane.sha256(request.reason),
    ...(outcome.userId === ctx.actor.id ? {} : { instead_of: outcome.userId }),
    ...(origin.via === undefined ? {} : { via: origin.via }),
  });
}
