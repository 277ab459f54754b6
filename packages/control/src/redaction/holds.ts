import { HoldView, LiftHoldInput, PlaceHoldInput } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findHoldable, liftHold, listHolds, placeHold, type HoldRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** Puts a message, a conversation, a run or the whole tenant under a legal hold: nothing of it goes by age, and one alone redacts none. */
export function placeLegalHold(
  ctx: MemberContext,
  input: z.input<typeof PlaceHoldInput>,
): Promise<HoldView> {
  const spec = { name: "holds.place", permission: "message.hold", input: PlaceHoldInput } as const;
  return runCommand(ctx, spec, input, async (tx, { reason, ...of }) => {
    const { tenantId, plane } = ctx;
    const target = targetOf(tenantId, of);
    if (target.kind !== "tenant") {
      const found = await findHoldable(tx.db, { tenantId, kind: target.kind, id: target.ofId });
      if (found === undefined) {
        throw new NofxError("not_found", {
          detail: `There is no such ${target.kind} in this tenant.`,
        });
      }
    }
    const by = { id: ctx.actor.id, name: ctx.name };
    const id = await placeHold(tx.db, { id: plane.newUuid(), tenantId, ...target, reason, by });
    await tx.audit("hold.placed", {
      hold_id: id,
      kind: target.kind,
      of: target.ofId,
      reason_digest: plane.sha256(canonicalJson(reason)),
    });
    return read(ctx, tx, id);
  });
}

export function liftLegalHold(
  ctx: MemberContext,
  input: z.input<typeof LiftHoldInput>,
): Promise<HoldView> {
  const spec = { name: "holds.lift", permission: "message.hold", input: LiftHoldInput } as const;
  return runCommand(ctx, spec, input, async (tx, { holdId }) => {
    const id = toUuid("hold", holdId);
    const by = { id: ctx.actor.id, name: ctx.name };
    const lifted = await liftHold(tx.db, { tenantId: ctx.tenantId, id, by });
    if (lifted) await tx.audit("hold.lifted", { hold_id: id });
    return read(ctx, tx, id);
  });
}

export function listLegalHolds(ctx: MemberContext): Promise<{ items: HoldView[] }> {
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    items: (await listHolds(tx.db, ctx.tenantId)).map(view),
  }));
}

function targetOf(
  tenantId: string,
  of: Omit<z.output<typeof PlaceHoldInput>, "reason">,
): { kind: HoldRecord["kind"]; ofId: string } {
  if (of.messageId !== undefined) {
    return { kind: "message", ofId: toUuid("message", of.messageId) };
  }
  if (of.conversationId !== undefined) {
    return { kind: "conversation", ofId: toUuid("conversation", of.conversationId) };
  }
  if (of.runId !== undefined) return { kind: "run", ofId: toUuid("run", of.runId) };
  return { kind: "tenant", ofId: tenantId };
}

async function read(ctx: MemberContext, tx: CommandTransaction, id: string): Promise<HoldView> {
  const row = (await listHolds(tx.db, ctx.tenantId)).find((one) => one.id === id);
  if (row === undefined) {
    throw new NofxError("not_found", { detail: "There is no such hold in this tenant." });
  }
  return view(row);
}

function view(row: HoldRecord): HoldView {
  return HoldView.parse({
    id: toId("hold", row.id),
    kind: row.kind,
    of: row.kind === "tenant" ? null : toId(row.kind, row.of_id),
    reason: row.reason,
    placedBy: row.placed_by_name,
    placedAt: row.placed_at.toISOString(),
    liftedBy: row.lifted_by_name,
    liftedAt: row.lifted_at?.toISOString() ?? null,
  });
}
