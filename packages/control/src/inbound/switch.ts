import { OneInboundReceiver, type InboundReceiverView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { setReceiverStatus } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { noSuchReceiver, readReceiver } from "./view.ts";

type Input = z.input<typeof OneInboundReceiver>;

/** Takes messages again. */
export function enableInboundReceiver(
  ctx: MemberContext,
  input: Input,
): Promise<InboundReceiverView> {
  return change(ctx, input, "active");
}

/** Takes no message until it is enabled again: its sender is told what one that does not exist is told. */
export function disableInboundReceiver(
  ctx: MemberContext,
  input: Input,
): Promise<InboundReceiverView> {
  return change(ctx, input, "disabled");
}

function change(
  ctx: MemberContext,
  input: Input,
  status: "active" | "disabled",
): Promise<InboundReceiverView> {
  const spec = {
    name: `inbound.${status}`,
    permission: "settings.write",
    input: OneInboundReceiver,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { receiverId }) => {
    const id = toUuid("inboundReceiver", receiverId);
    if (!(await setReceiverStatus(tx.db, ctx.tenantId, id, status))) throw noSuchReceiver();
    const verb = status === "active" ? "inbound_receiver.enabled" : "inbound_receiver.disabled";
    await tx.audit(verb, { receiver_id: id });
    return readReceiver(ctx, tx, id);
  });
}
