import { RedeliverInput, type WebhookView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { moveWebhookCursor } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { holdWebhook, readWebhook } from "./view.ts";

/** Moves the cursor back: everything from a sequence on is told again, under the same ids. */
export function redeliver(
  ctx: MemberContext,
  input: z.input<typeof RedeliverInput>,
): Promise<WebhookView> {
  const spec = {
    name: "webhooks.redeliver",
    permission: "settings.write",
    input: RedeliverInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { webhookId, fromSeq }) => {
    const id = toUuid("webhook", webhookId);
    await holdWebhook(ctx, tx, id);
    const { seq, status } = await readWebhook(ctx, tx, id);
    if (fromSeq > seq + 1) {
      throw new NofxError("invalid_input", {
        detail: `It has been told up to ${seq}. To pass over what it has not been told, enable it with skipMissed.`,
        issues: [{ path: "/fromSeq", message: `is after ${seq + 1}` }],
      });
    }
    if (status === "disabled") {
      throw new NofxError("conflict", { detail: "This webhook is disabled. Enable it first." });
    }
    await moveWebhookCursor(tx.db, id, fromSeq - 1);
    const view = await readWebhook(ctx, tx, id);
    await tx.audit("webhook.redelivered", { webhook_id: id, from_seq: fromSeq, to_seq: seq });
    return view;
  });
}
