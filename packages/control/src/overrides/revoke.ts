import { RevokeOverrideInput, type OverrideView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { lockOverride } from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { applyVerdict, holdPlan, tellOverride } from "./apply.ts";
import { readOverride } from "./create.ts";
import { noSuchOverride } from "./view.ts";

/** Takes an override back: the verdict returns, for what has not been executed yet. Taking back needs no second person. */
export function revokeOverride(
  ctx: MemberContext,
  input: z.input<typeof RevokeOverrideInput>,
): Promise<OverrideView> {
  const spec = {
    name: "gates.revokeOverride",
    permission: "gate.override",
    input: RevokeOverrideInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const id = toUuid("override", parsed.overrideId);
    const { rows } = await sql<{ plan_id: string }>`
      select plan_id from gate_overrides where id = ${id}::uuid and tenant_id = ${ctx.tenantId}::uuid
    `.execute(tx.db);
    if (rows[0] === undefined) throw noSuchOverride();
    const plan = await holdPlan(tx, ctx.tenantId, rows[0].plan_id);
    const override = await lockOverride(tx.db, ctx.tenantId, id);
    if (plan === undefined || override === undefined) throw noSuchOverride();
    if (override.status !== "pending" && override.status !== "active") {
      throw new NofxError("override_closed", {
        detail: `It was ${override.status} already.`,
        data: { status: override.status },
      });
    }
    await sql`
      update gate_overrides set status = 'revoked', revoked_by = ${ctx.actor.id}::uuid, revoked_by_name = ${ctx.name},
        revoked_at = clock_timestamp(), revoked_reason = ${parsed.reason}
      where id = ${id}::uuid
    `.execute(tx.db);
    await sql`
      update approvals set status = 'cancelled', decided_at = clock_timestamp()
      where id = ${override.approval_id}::uuid and status = 'pending'
    `.execute(tx.db);
    await tx.audit("override.revoked", {
      override_id: id,
      plan_id: plan.id,
      reason_digest: ctx.plane.sha256(parsed.reason),
    });
    const effective = await applyVerdict(ctx, tx, plan);
    await takeSnapshot(ctx, tx, plan.id, "overridden");
    tellOverride(tx, override, "revoked", effective);
    return readOverride(ctx, tx, id, effective.rules.digest);
  });
}
