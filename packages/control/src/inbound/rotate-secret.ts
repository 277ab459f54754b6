import { OneInboundReceiver, type RotatedInboundSecret } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { rotateInboundSecret as rotate } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { newWebhookSecret } from "../webhooks/secret.ts";
import { noSuchReceiver } from "./view.ts";

/** Makes a new secret. For a day either opens, so that the sender can change over. */
export async function rotateInboundSecret(
  ctx: MemberContext,
  input: z.input<typeof OneInboundReceiver>,
): Promise<RotatedInboundSecret> {
  const secret = newWebhookSecret();
  const spec = {
    name: "inbound.rotateSecret",
    permission: "settings.write",
    input: OneInboundReceiver,
  } as const;
  const rotated = await runCommand(ctx, spec, input, async (tx, { receiverId }) => {
    const id = toUuid("inboundReceiver", receiverId);
    const until = await rotate(tx.db, ctx.tenantId, id, secret);
    if (until === null) throw noSuchReceiver();
    await tx.audit("inbound_receiver.secret_rotated", { receiver_id: id });
    return { receiverId, previousUntil: until.toISOString() };
  });
  return { ...rotated, secret: ctx.replayed ? null : secret };
}
