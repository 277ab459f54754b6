import { OneWebhook, type WebhookView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { moveWebhookCursor } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { holdWebhook, readWebhook } from "./view.ts";

/**
 * Tells one endpoint, whatever its types, of an event made for it. It goes the way of all events and in their order: where
 * others wait before it, they are tried at once.
 */
export function sendTestEvent(
  ctx: MemberContext,
  input: z.input<typeof OneWebhook>,
): Promise<WebhookView> {
  const spec = {
    name: "webhooks.sendTest",
    permission: "settings.write",
    input: OneWebhook,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { webhookId }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    const view = await readWebhook(ctx, tx, id);
    if (view.status === "disabled") {
      throw new NofxError("conflict", { detail: "This webhook is disabled. Enable it first." });
    }
    // one that rests, after a failure or a mail, is tried at once
    const rests = Date.parse(view.nextAt) > ctx.plane.now().getTime();
    if (rests) await moveWebhookCursor(tx.db, id, "here");
    tx.emit({ type: "webhook.tested", payload: { webhook_id: id } });
    return view;
  });
}
