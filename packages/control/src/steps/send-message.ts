import type { MessageRequest, MessageResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import type { AgentContext } from "../command/context.ts";
import { callerOf, refuseUnlessAllowed } from "../messages/resolve.ts";
import { toMailbox } from "../messages/to-mailbox.ts";
import { claimOf, fenced } from "./fenced.ts";

/** Puts a message into the mailbox of another step of the same run; sent again under its name it is the same message. */
export function sendToStep(
  ctx: AgentContext,
  stepId: string,
  request: MessageRequest,
): Promise<MessageResponse> {
  return fenced(ctx, stepId, async (tx) => {
    const { stepId: from, epoch } = claimOf(ctx, stepId, request.epoch);
    const { channel, payload, sentAs } = request;
    const to = toUuid("step", request.to);
    const caller = await callerOf(ctx, tx, { step: stepId, epoch });
    // of its own run, or the engine finds no such step
    const runId = caller.place?.run_id ?? null;
    const mailbox = { kind: "step", ofId: to, runId, channel } as const;
    refuseUnlessAllowed(caller, "send", ctx.tenantId, mailbox, "message.sent");
    const sent = await toMailbox(
      tx.db,
      ctx.plane,
      { tenantId: ctx.tenantId, to, channel, payload, from: { stepId: from, epoch, sentAs } },
      { ...ctx.actor, name: ctx.name },
    );
    if (sent === undefined) {
      throw new NofxError("recipient_unknown", {
        detail: "This run has no step of that id: messages stay within a run.",
        data: { kind: "step", id: request.to },
      });
    }
    if (sent.message_id === null) {
      throw new NofxError("conflict", {
        detail: "That step has ended and reads no messages any more.",
      });
    }
    tx.ring(sent);
    return { messageId: toId("message", sent.message_id) };
  });
}
