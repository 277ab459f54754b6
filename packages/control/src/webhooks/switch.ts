import { EnableWebhookInput, OneWebhook, type WebhookView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { moveWebhookCursor, setWebhookStatus } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { holdWebhook, readWebhook } from "./view.ts";

/** Has an endpoint told again, from where it stopped or from now. */
export function enableWebhook(
  ctx: MemberContext,
  input: z.input<typeof EnableWebhookInput>,
): Promise<WebhookView> {
  const spec = {
    name: "webhooks.enable",
    permission: "settings.write",
    input: EnableWebhookInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { webhookId, skipMissed }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    await setWebhookStatus(tx.db, id, { status: "active", reason: null });
    await moveWebhookCursor(tx.db, id, skipMissed ? "head" : "here");
    const view = await readWebhook(ctx, tx, id);
    await tx.audit("webhook.enabled", { webhook_id: id, skip_missed: skipMissed });
    return view;
  });
}

/** Has an endpoint told nothing until it is enabled again. */
export function disableWebhook(
  ctx: MemberContext,
  input: z.input<typeof OneWebhook>,
): Promise<WebhookView> {
  const spec = {
    name: "webhooks.disable",
    permission: "settings.write",
    input: OneWebhook,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { webhookId }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    const before = await readWebhook(ctx, tx, id);
    if (before.status === "disabled") return before;
    await setWebhookStatus(tx.db, id, { status: "disabled", reason: "by_member" });
    await moveWebhookCursor(tx.db, id, "here");
    tx.emit({ type: "webhook.disabled", payload: { webhook_id: id, reason: "by_member" } });
    const view = await readWebhook(ctx, tx, id);
    await tx.audit("webhook.disabled", { webhook_id: id });
    return view;
  });
}
