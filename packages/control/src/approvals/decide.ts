import { DecideApprovalInput, type ApprovalView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findApproval, type ApprovalRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { carryOutAcceptance } from "../dead-letters/settle.ts";
import { ApprovalInput } from "./list.ts";
import { viewApproval } from "./view.ts";

const Input = DecideApprovalInput.extend(ApprovalInput.shape).refine(
  (input) => input.decision !== "reject" || (input.reason ?? "").trim() !== "",
  { message: "say why you reject: whoever asked will read it", path: ["reason"] },
);

/**
 * Decides an approval, once: the row is locked, one decision wins, the others are told the final state
 * (`approval_closed`). Nobody decides what they asked for. What waits for the answer moves in the same transaction.
 */
export function decideApproval(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<ApprovalView> {
  const spec = { name: "approvals.decide", permission: "approval.decide", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const id = toUuid("approval", parsed.approvalId);
    const approval = await lockApproval(ctx, tx, id);
    refuse(ctx, approval, parsed.argumentsDigest);
    const status = parsed.decision === "approve" ? "approved" : "rejected";
    await tx.db
      .insertInto("approval_decisions")
      .values({
        tenant_id: ctx.tenantId,
        approval_id: id,
        member_user_id: ctx.actor.id,
        member_name: ctx.name,
        decision: parsed.decision,
        reason: parsed.reason?.trim() || null,
      })
      .execute();
    await sql`update approvals set status = ${status}, decided_at = clock_timestamp() where id = ${id}::uuid`.execute(
      tx.db,
    );
    await carryOut(ctx, tx, approval, status);
    tx.emit({
      type: "approval.decided",
      payload: {
        approval_id: id,
        subject: approval.subject,
        decision: parsed.decision,
        status,
        ...(approval.plan_id === null ? {} : { plan_id: approval.plan_id }),
        ...(approval.step_id === null ? {} : { step_id: approval.step_id }),
      },
      ...(approval.run_id === null ? {} : { runId: approval.run_id }),
    });
    await tx.audit("approval.decided", {
      approval_id: id,
      decision: parsed.decision,
      arguments_digest: approval.arguments_digest,
      reason_digest: parsed.reason === undefined ? null : ctx.plane.sha256(parsed.reason),
    });
    const row = await findApproval(tx.db, ctx.tenantId, id);
    return viewApproval(ctx, row ?? approval);
  });
}

async function lockApproval(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<ApprovalRecord> {
  await sql`select id from approvals where id = ${id}::uuid for update`.execute(tx.db);
  const approval = await findApproval(tx.db, ctx.tenantId, id);
  if (approval === undefined) {
    throw new NofxError("not_found", { detail: "There is no such approval in this tenant." });
  }
  return approval;
}

function refuse(ctx: MemberContext, approval: ApprovalRecord, shown: string | undefined): void {
  if (approval.status !== "pending") {
    throw new NofxError("approval_closed", {
      detail: `It is ${approval.status} already.`,
      data: { status: approval.status, decisions: approval.decisions },
    });
  }
  if (approval.overdue) {
    throw new NofxError("approval_closed", {
      detail: "Its time ran out before you answered: expiry never approves.",
      data: { status: "expired", decisions: approval.decisions },
    });
  }
  if (approval.requester_user_id === ctx.actor.id) {
    throw new NofxError("approval_self", {
      detail: "You asked for this yourself; somebody else has to decide.",
    });
  }
  if (shown !== undefined && shown !== approval.arguments_digest) {
    throw new NofxError("plan_changed", {
      detail: "What you were shown is not what would run. Read it again, then decide.",
    });
  }
}

async function carryOut(
  ctx: MemberContext,
  tx: CommandTransaction,
  approval: ApprovalRecord,
  status: "approved" | "rejected",
): Promise<void> {
  if (approval.subject === "plan" && approval.plan_id !== null) {
    const moved = await tx.db
      .updateTable("plans")
      .set({ status: status === "approved" ? "approved" : "cancelled" })
      .where("id", "=", approval.plan_id)
      .where("status", "=", "ready")
      .returning(["id", "digest"])
      .executeTakeFirst();
    if (moved === undefined) return;
    const verb = status === "approved" ? "plan.approved" : "plan.cancelled";
    tx.emit({ type: verb, payload: { plan_id: moved.id, digest: moved.digest } });
    await tx.audit(verb, { plan_id: moved.id, digest: moved.digest });
    await takeSnapshot(ctx, tx, moved.id, "decided");
    return;
  }
  const { rows } = await sql<{ freed: { for_workers: number; for_agents: number } }>`
    select engine.apply_approval(${approval.id}::uuid, 'member', ${ctx.actor.id}) as freed
  `.execute(tx.db);
  if (rows[0] !== undefined) tx.ring(rows[0].freed);
  if (status === "approved" && approval.subject === "step") {
    await carryOutAcceptance(ctx, tx, approval.id, approval.arguments);
  }
}
