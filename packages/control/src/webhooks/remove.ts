import { OneWebhook } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { deleteWebhook } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { holdWebhook } from "./view.ts";

/** Removes an endpoint with its secret and its deliveries. What is on its way to it may still arrive. */
export function removeWebhook(
  ctx: MemberContext,
  input: z.input<typeof OneWebhook>,
): Promise<z.infer<typeof OneWebhook>> {
  const spec = {
    name: "webhooks.remove",
    permission: "settings.write",
    input: OneWebhook,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { webhookId }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    await deleteWebhook(tx.db, id);
    await tx.audit("webhook.removed", { webhook_id: id });
    return { webhookId };
  });
}
