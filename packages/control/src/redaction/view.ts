import { RedactionView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import type { RedactionRecord } from "@nofx/db/queries";

export function viewRedaction(row: RedactionRecord): RedactionView {
  const of = (kind: RedactionRecord["kind"]) => (row.kind === kind ? row.of_id : null);
  const [message, conversation, run] = [of("message"), of("conversation"), of("run")];
  return RedactionView.parse({
    id: toId("redaction", row.id),
    messageId: message === null ? null : toId("message", message),
    conversationId: conversation === null ? null : toId("conversation", conversation),
    runId: run === null ? null : toId("run", run),
    how: row.how,
    reason: row.reason,
    status: row.status,
    held: row.held,
    approvalId: row.approval_id === null ? null : toId("approval", row.approval_id),
    requestedBy: row.requested_by_name,
    requestedAt: row.requested_at.toISOString(),
    decidedBy: row.decided_by_name,
    appliedAt: row.applied_at?.toISOString() ?? null,
    purgeBy: row.purge_by?.toISOString() ?? null,
    purgedAt: row.purged_at?.toISOString() ?? null,
    messages: row.messages,
    copies: row.copies,
    files: row.files,
  });
}

export function noSuchRedaction(): NofxError {
  return new NofxError("not_found", { detail: "There is no such redaction in this tenant." });
}
