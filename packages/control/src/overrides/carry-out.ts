import { NofxError } from "@nofx/core/errors";
import { lockOverride } from "@nofx/db/queries";
import { sql } from "kysely";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadRules } from "../gates/load-rules.ts";
import { applyVerdict, holdPlan, tellOverride } from "./apply.ts";
import { statusOf } from "./status.ts";

/** The second person has answered: the override counts from now, or never. Called in the transaction of the answer. */
export async function carryOutOverride(
  ctx: MemberContext,
  tx: CommandTransaction,
  approvalId: string,
  status: "approved" | "rejected",
): Promise<void> {
  const { rows } = await sql<{ id: string; plan_id: string }>`
    select id, plan_id from gate_overrides where approval_id = ${approvalId}::uuid and tenant_id = ${ctx.tenantId}::uuid
  `.execute(tx.db);
  const [found] = rows;
  if (found === undefined) return;
  // the plan first, as every other command does: two that wait for each other's rows would both fail
  const plan = await holdPlan(tx, ctx.tenantId, found.plan_id);
  const override = await lockOverride(tx.db, ctx.tenantId, found.id);
  if (plan === undefined || override === undefined || override.status !== "pending") return;
  const { id } = override;
  const { digest } = await loadRules(ctx, tx);
  if (status === "approved") {
    if (plan.created_by === ctx.actor.id || override.requested_by === ctx.actor.id) {
      throw new NofxError("override_self", {
        detail: "You made this plan or asked for this override; somebody else has to decide.",
      });
    }
    const now = statusOf({ ...override, status: "active" }, digest);
    if (now !== "active") {
      throw new NofxError("override_closed", {
        detail:
          now === "void"
            ? "What it was asked about has changed since. Plan again, then ask anew."
            : "Its time has run out. Ask anew.",
        data: { status: now },
      });
    }
  }
  await sql`
    update gate_overrides set status = ${status === "approved" ? "active" : "refused"}, decided_by = ${ctx.actor.id}::uuid,
      decided_by_name = ${ctx.name}, decided_at = clock_timestamp()
    where id = ${id}::uuid
  `.execute(tx.db);
  const told = status === "approved" ? "active" : "refused";
  await tx.audit(status === "approved" ? "override.approved" : "override.refused", {
    override_id: id,
    plan_id: plan.id,
    approval_id: approvalId,
  });
  tellOverride(tx, override, told, await applyVerdict(ctx, tx, plan));
  await takeSnapshot(ctx, tx, plan.id, "overridden");
}
