import { WebhookView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findWebhook, lockWebhook, type WebhookRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export function viewWebhook(row: WebhookRecord): WebhookView {
  return WebhookView.parse({
    id: toId("webhook", row.id),
    format: row.format,
    url: row.url,
    titles: row.titles,
    recipients: row.recipients.map(({ user_id, ...one }) => ({ userId: user_id, ...one })),
    description: row.description,
    events: row.event_types,
    status: row.status,
    disabledReason: row.disabled_reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    seq: row.seq,
    behind: row.behind,
    attempts: row.attempts,
    nextAt: row.next_at.toISOString(),
    failingSince: row.failing_since?.toISOString() ?? null,
  });
}

export async function readWebhook(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<WebhookView> {
  const row = await findWebhook(tx.db, ctx.tenantId, id);
  if (row === undefined) throw noSuchWebhook();
  return viewWebhook(row);
}

/** Holds an endpoint until the command ends; refuses what is not the tenant's. */
export async function holdWebhook(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
): Promise<void> {
  if (!(await lockWebhook(tx.db, ctx.tenantId, id))) throw noSuchWebhook();
}

function noSuchWebhook(): NofxError {
  return new NofxError("not_found", { detail: "There is no such webhook in this tenant." });
}
