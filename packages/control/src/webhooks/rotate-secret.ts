import { OneWebhook, type RotatedWebhookSecret } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { rotateWebhookSecret as rotate } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { newWebhookSecret } from "./secret.ts";
import { holdWebhook, readWebhook } from "./view.ts";

/** Makes a new secret. For a day every delivery carries the signatures of both, so that the receiver can change over. */
export async function rotateWebhookSecret(
  ctx: MemberContext,
  input: z.input<typeof OneWebhook>,
): Promise<RotatedWebhookSecret> {
  const secret = newWebhookSecret();
  const spec = {
    name: "webhooks.rotateSecret",
    permission: "settings.write",
    input: OneWebhook,
  } as const;
  const rotated = await runCommand(ctx, spec, input, async (tx, { webhookId }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    const { format } = await readWebhook(ctx, tx, id);
    if (format !== "nofx") {
      throw new NofxError("conflict", {
        detail: "Nothing is signed for Slack and e-mail. Add the new address and remove this one.",
      });
    }
    const until = await rotate(tx.db, ctx.tenantId, id, secret);
    if (until === null) throw new NofxError("not_found", { detail: "There is no such webhook." });
    await tx.audit("webhook.secret_rotated", { webhook_id: id });
    return { webhookId, previousUntil: until.toISOString() };
  });
  return { ...rotated, secret: ctx.replayed ? null : secret };
}
