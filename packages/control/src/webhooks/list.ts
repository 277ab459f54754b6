import {
  ListDeliveriesInput,
  ListWebhooksInput,
  OneWebhook,
  WebhookDeliveryPage,
  type WebhookPage,
  type WebhookView,
} from "@nofx/core/api";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { listDeliveries as deliveries, listWebhooks as webhooks } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runQuery } from "../command/run-command.ts";
import { readWebhook, viewWebhook } from "./view.ts";

// Addresses may hold tokens of their own: who may not change them does not see them either.

export async function listWebhooks(
  ctx: MemberContext,
  input: z.input<typeof ListWebhooksInput>,
): Promise<z.infer<typeof WebhookPage>> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, ListWebhooksInput, input, async (tx, filter) => {
    const page = await webhooks(tx.db, { ...filter, tenantId: ctx.tenantId });
    return { items: page.items.map(viewWebhook), nextCursor: page.nextCursor, total: null };
  });
}

export async function getWebhook(
  ctx: MemberContext,
  input: z.input<typeof OneWebhook>,
): Promise<WebhookView> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, OneWebhook, input, (tx, { webhookId }) =>
    readWebhook(ctx, tx, toUuid("webhook", webhookId)),
  );
}

/** Attempts to tell one endpoint, newest first. */
export async function listDeliveries(
  ctx: MemberContext,
  input: z.input<typeof ListDeliveriesInput>,
): Promise<z.infer<typeof WebhookDeliveryPage>> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, ListDeliveriesInput, input, async (tx, { webhookId, ...filter }) => {
    const id = toUuid("webhook", webhookId);
    await readWebhook(ctx, tx, id);
    const page = await deliveries(tx.db, { ...filter, tenantId: ctx.tenantId, webhookId: id });
    return WebhookDeliveryPage.parse({
      items: page.items.map((row) => ({
        id: toId("webhookDelivery", row.id),
        eventId: toId("event", row.event_id),
        type: row.type,
        seq: row.seq,
        attempt: row.attempt,
        status: row.status,
        httpStatus: row.http_status,
        error: row.error,
        tookMs: row.took_ms,
        at: row.at.toISOString(),
      })),
      nextCursor: page.nextCursor,
      total: null,
    });
  });
}
