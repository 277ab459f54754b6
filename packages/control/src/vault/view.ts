import { KeyAuditEntry, KeyView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findSecureKey, type KeyAuditRecord, type SecureKeyRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export function viewKey(row: SecureKeyRecord): KeyView {
  return KeyView.parse({
    id: toId("secureKey", row.id),
    provider: row.provider,
    name: row.name,
    status: row.status,
    version: row.version,
    hint: row.hint ?? "",
    note: row.note,
    createdAt: row.created_at.toISOString(),
    rotatedAt: row.rotated_at?.toISOString() ?? null,
    rotatedBy: row.rotated_by ?? "",
    kek: row.kek,
    previousUntil: row.previous_until?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastUsedFor: row.last_used_for,
  });
}

export async function readKey(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<KeyView> {
  const row = await findSecureKey(tx.db, ctx.tenantId, id);
  if (row === undefined) throw noSuchKey();
  return viewKey(row);
}

export function viewEntry(row: KeyAuditRecord): KeyAuditEntry {
  return KeyAuditEntry.parse({
    seq: row.seq,
    at: row.at.toISOString(),
    action: row.action,
    keyId: toId("secureKey", row.key_id),
    provider: row.provider,
    name: row.name,
    version: row.version,
    by: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    runId: row.run_id === null ? null : toId("run", row.run_id),
    stepId: row.step_id === null ? null : toId("step", row.step_id),
    purpose: row.purpose,
  });
}

export function noSuchKey(): NofxError {
  return new NofxError("not_found", { detail: "There is no such key in this tenant." });
}
