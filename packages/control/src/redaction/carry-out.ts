import { NofxError } from "@nofx/core/errors";
import { decideRedaction, findRedaction, findWanted } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { openContent } from "../content/seal-content.ts";
import { locked } from "../vault/use-key.ts";
import { applyRedaction } from "./apply.ts";
import { Wanted } from "./wanted.ts";

/** The second person has answered: what is held is redacted, or stays. Called in the transaction of the answer. */
export async function carryOutRedaction(
  ctx: MemberContext,
  tx: CommandTransaction,
  approvalId: string,
  status: "approved" | "rejected",
): Promise<void> {
  const { tenantId, plane } = ctx;
  const redaction = await findRedaction(tx.db, tenantId, { approvalId });
  if (redaction === undefined || redaction.status !== "pending") return;
  const { id } = redaction;
  if (redaction.requested_by === ctx.actor.id) {
    throw new NofxError("approval_self", {
      detail: "You asked for this redaction; somebody else has to decide.",
    });
  }
  const by = { id: ctx.actor.id, name: ctx.name };
  if (status === "rejected") {
    await decideRedaction(tx.db, { id, status: "refused", by });
    await tx.audit("redaction.refused", { redaction_id: id, approval_id: approvalId });
    return;
  }
  await decideRedaction(tx.db, { id, status: "pending", by });
  const kept = await findWanted(tx.db, tenantId, id);
  if (kept === undefined) return;
  const find = async (kid: string) => plane.keks?.find(kid);
  const opened = await openContent(kept, { tenantId, id }, find).catch(() => {
    throw locked();
  });
  await applyRedaction(ctx, tx, redaction, Wanted.parse(opened));
}
