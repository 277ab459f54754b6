import type { SnapshotKind } from "@nofx/core/api";
import { takeSnapshot as take } from "@nofx/db/queries";
import type { CallerContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/**
 * Keeps what was decided on, as this transaction leaves it: call it last. The entry in the audit log holds the digest of the text, and the
 * worker moves the text to storage.
 */
export async function takeSnapshot(
  ctx: CallerContext,
  tx: CommandTransaction,
  planId: string,
  kind: SnapshotKind,
): Promise<void> {
  const digest = await take(tx.db, { tenantId: ctx.tenantId, planId, kind }, ctx.actor);
  await tx.audit("snapshot.taken", { plan_id: planId, kind, digest });
}
