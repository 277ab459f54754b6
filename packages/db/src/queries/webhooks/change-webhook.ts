import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface NewWebhook {
  id: string;
  tenantId: string;
  format: string;
  /** What people see of the address. */
  url: string;
  description: string;
  eventTypes: readonly string[];
  titles: boolean;
  recipients: readonly string[];
  secret: { sign?: string; url?: string } | undefined;
  createdBy: string;
}

/** The endpoint, what is secret of it, and a cursor at the newest event: it is told of what happens from now on. */
export async function insertWebhook(db: Executor, webhook: NewWebhook): Promise<void> {
  await sql`
    insert into webhooks (id, tenant_id, format, url, description, event_types, titles, recipients, created_by)
    values (${webhook.id}, ${webhook.tenantId}, ${webhook.format}, ${webhook.url}, ${webhook.description},
      ${webhook.eventTypes}::text[], ${webhook.titles}, ${webhook.recipients}::uuid[], ${webhook.createdBy}::uuid)
  `.execute(db);
  const { secret } = webhook;
  if (secret !== undefined) {
    await sql`
      insert into webhook_secrets (webhook_id, tenant_id, secret, url)
      values (${webhook.id}, ${webhook.tenantId}, ${secret.sign ?? null}, ${secret.url ?? null})
    `.execute(db);
  }
  await sql`
    insert into webhook_cursors (webhook_id, tenant_id, seq)
    select ${webhook.id}, ${webhook.tenantId},
      coalesce((select h.seq from event_heads h where h.tenant_id = ${webhook.tenantId}::uuid), 0)
  `.execute(db);
}

/** Locks an endpoint, and with it its cursor's order of locks: the webhook first. Answers whether it is there. */
export async function lockWebhook(db: Executor, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    select id from webhooks where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update
  `.execute(db);
  return rows.length > 0;
}

export async function setWebhookStatus(
  db: Executor,
  id: string,
  status: { status: "active" | "disabled"; reason: string | null },
): Promise<void> {
  await sql`
    update webhooks set status = ${status.status}, disabled_reason = ${status.reason} where id = ${id}::uuid
  `.execute(db);
}

/**
 * Moves the cursor, or leaves it where it is, and has the endpoint tried at once. The new version ends the lease of
 * whoever is telling it.
 */
export async function moveWebhookCursor(
  db: Executor,
  id: string,
  to: number | "here" | "head",
): Promise<void> {
  const seq =
    to === "here"
      ? sql`c.seq`
      : to === "head"
        ? sql`coalesce((select h.seq from event_heads h where h.tenant_id = c.tenant_id), c.seq)`
        : sql`${to}::bigint`;
  await sql`
    update webhook_cursors c
    set seq = ${seq}, attempts = 0, failing_since = null, digest_to = null, next_at = clock_timestamp(), leased_by = null, lease_until = null,
        version = c.version + 1
    where c.webhook_id = ${id}::uuid
  `.execute(db);
}

export async function deleteWebhook(db: Executor, id: string): Promise<void> {
  await sql`delete from webhooks where id = ${id}::uuid`.execute(db);
}

/** Stores a new secret; until when the one before it still signs. */
export async function rotateWebhookSecret(
  db: Executor,
  tenantId: string,
  id: string,
  secret: string,
): Promise<Date | null> {
  const { rows } = await sql<{ until: Date | null }>`
    select app.rotate_webhook_secret(${tenantId}::uuid, ${id}::uuid, ${secret}) as until
  `.execute(db);
  return rows[0]?.until ?? null;
}
