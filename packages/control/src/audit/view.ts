import type { AuditEntryView } from "@nofx/core/api";
import type { AuditRecord } from "@nofx/db/queries";

export function viewEntry(row: AuditRecord): AuditEntryView {
  return {
    seq: row.seq,
    at: row.at,
    verb: row.verb,
    actor: {
      type: row.actor_type as AuditEntryView["actor"]["type"],
      id: row.actor_id,
      name: row.actor_name,
    },
    body: row.body,
    hash: row.hash,
    previousHash: row.prev_hash,
  };
}
