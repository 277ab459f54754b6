import { InboundReceiverView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findReceiver, type ReceiverRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export function viewReceiver(row: ReceiverRecord): InboundReceiverView {
  const id = toId("inboundReceiver", row.id);
  return InboundReceiverView.parse({
    id,
    name: row.name,
    description: row.description,
    actsFor: row.acts_for.map(({ user_id, ...one }) => ({ userId: user_id, ...one })),
    decisions: row.decisions,
    subjects: row.subjects,
    status: row.status,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastOutcome: row.last_outcome,
    path: `/api/inbound/${id}`,
  });
}

export async function readReceiver(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<InboundReceiverView> {
  const row = await findReceiver(tx.db, ctx.tenantId, id);
  if (row === undefined) throw noSuchReceiver();
  return viewReceiver(row);
}

export function noSuchReceiver(): NofxError {
  return new NofxError("not_found", { detail: "There is no such receiver in this tenant." });
}
