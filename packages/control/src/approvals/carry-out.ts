import type { ApprovalRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import { carryOutBudget } from "../budgets/carry-out.ts";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { carryOutAcceptance } from "../dead-letters/settle.ts";
import { answerEscalation } from "../messages/escalate.ts";
import { carryOutOverride } from "../overrides/carry-out.ts";
import { carryOutRedaction } from "../redaction/carry-out.ts";

/** Moves what waited for the answer, in the transaction of the answer. */
export async function carryOut(
  ctx: MemberContext,
  tx: CommandTransaction,
  approval: ApprovalRecord,
  status: "approved" | "rejected",
): Promise<void> {
  if (approval.subject === "plan" && approval.plan_id !== null) {
    return carryOutPlan(ctx, tx, approval.plan_id, status);
  }
  if (approval.subject === "override") {
    return carryOutOverride(ctx, tx, approval.id, status);
  }
  if (approval.subject === "budget") {
    return carryOutBudget(tx, approval, status);
  }
  if (approval.subject === "redaction") {
    return carryOutRedaction(ctx, tx, approval.id, status);
  }
  // it held nothing: nothing is let go
  if (approval.subject === "step" && (await answerEscalation(ctx, tx, approval.id, status))) return;
  const { rows } = await sql<{ freed: { for_workers: number; for_agents: number } }>`
    select engine.apply_approval(${approval.id}::uuid, 'member', ${ctx.actor.id}) as freed
  `.execute(tx.db);
  if (rows[0] !== undefined) tx.ring(rows[0].freed);
  if (status === "approved" && approval.subject === "step") {
    await carryOutAcceptance(ctx, tx, approval.id, approval.arguments);
  }
}

async function carryOutPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string,
  status: "approved" | "rejected",
): Promise<void> {
  const moved = await tx.db
    .updateTable("plans")
    .set({ status: status === "approved" ? "approved" : "cancelled" })
    .where("id", "=", planId)
    .where("status", "=", "ready")
    .returning(["id", "digest"])
    .executeTakeFirst();
  if (moved === undefined) return;
  const verb = status === "approved" ? "plan.approved" : "plan.cancelled";
  tx.emit({ type: verb, payload: { plan_id: moved.id, digest: moved.digest } });
  await tx.audit(verb, { plan_id: moved.id, digest: moved.digest });
  await takeSnapshot(ctx, tx, moved.id, "decided");
}
