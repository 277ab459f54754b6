import type { SendRequest, SendResponse } from "@nofx/core/contract";
import { replyChannel } from "@nofx/core/bus";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findMessage } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { checkPayload } from "./check-payload.ts";
import { checkRefs } from "./check-refs.ts";
import { raise } from "./escalate.ts";
import { post, type Posted } from "./post.ts";
import { callerOf, destinationOf, refuseUnlessAllowed } from "./resolve.ts";

/** Sends to a step, an agent, a session, a run or a channel of the tenant; sent again under its name it is the same message. */
export function sendOnBus(ctx: AgentContext, request: SendRequest): Promise<SendResponse> {
  return inTransaction(ctx, async (tx) => {
    const caller = await callerOf(ctx, tx, request.from);
    const to = await destinationOf(tx, ctx.tenantId, request.to);
    const { type, payload, refs, key, expect, sentAs } = request;
    refuseUnlessAllowed(caller, "send", ctx.tenantId, to, type);
    if (expect !== undefined && key === undefined) {
      throw new NofxError("invalid_input", {
        issues: [{ path: "/expect", message: "is of a key: say which" }],
      });
    }
    const version = await checkPayload(tx.db, ctx.tenantId, type, payload);
    await checkRefs(tx, ctx.tenantId, refs);
    const cause = await causeOf(ctx, tx, request.causedBy);
    const { stepId, epoch } = caller;
    const posted = await post(tx.db, ctx.plane, {
      tenantId: ctx.tenantId,
      to,
      type,
      version,
      payload,
      class: request.class,
      refs,
      key,
      expect,
      sender: { type: "agent", id: ctx.actor.id, name: ctx.name },
      ...(stepId !== undefined && { from: { stepId, epoch } }),
      sentAs,
      correlationId: cause?.correlation_id ?? caller.place?.correlation_id ?? ctx.correlationId,
      causationId: cause?.id,
      traceparent: ctx.traceparent,
    });
    tx.ring(posted.freed);
    const sent = sentOf(posted, stepId !== undefined);
    if (type !== "escalation.raised") return sent;
    const approvalId = await raise(ctx, tx, caller, posted.messageId, payload);
    return { ...sent, approvalId };
  });
}

export async function causeOf(
  ctx: AgentContext,
  tx: CommandTransaction,
  messageId: string | undefined,
): Promise<{ id: string; correlation_id: string } | undefined> {
  if (messageId === undefined) return undefined;
  const found = await findMessage(tx.db, ctx.tenantId, toUuid("message", messageId));
  if (found !== undefined) return found;
  throw new NofxError("invalid_input", {
    issues: [{ path: "/causedBy", message: "there is no such message in this tenant" }],
  });
}

export function sentOf(posted: Posted, fromStep: boolean): SendResponse {
  const messageId = toId("message", posted.messageId);
  return {
    messageId,
    conversationId: toId("conversation", posted.conversationId),
    seq: posted.seq,
    replyChannel: fromStep ? replyChannel(messageId) : null,
  };
}
