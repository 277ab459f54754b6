import { OneInboundReceiver } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { deleteReceiver } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { noSuchReceiver } from "./view.ts";

/** Removes a receiver with its secret. What was decided by it stays decided, under its name. */
export function removeInboundReceiver(
  ctx: MemberContext,
  input: z.input<typeof OneInboundReceiver>,
): Promise<z.infer<typeof OneInboundReceiver>> {
  const spec = {
    name: "inbound.remove",
    permission: "settings.write",
    input: OneInboundReceiver,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { receiverId }) => {
    const id = toUuid("inboundReceiver", receiverId);
    if (!(await deleteReceiver(tx.db, ctx.tenantId, id))) throw noSuchReceiver();
    await tx.audit("inbound_receiver.removed", { receiver_id: id });
    return { receiverId };
  });
}
