import { replyChannel, SUPERVISORS } from "@nofx/core/bus";
import type { ReplyRequest, SendResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findMessage, type MessageRecord } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";
import { checkPayload } from "./check-payload.ts";
import { checkRefs } from "./check-refs.ts";
import { post, type Destination } from "./post.ts";
import { callerOf, refuseUnlessAllowed, type Caller } from "./resolve.ts";
import { sentOf } from "./send.ts";

/**
 * Answers a message: whoever may read it may. The answer comes in where its sender waits: in the mailbox of the step that asked, in the
 * channels of an agent that asked without a step, with the supervisors of the run where a person did.
 */
export function replyTo(
  ctx: AgentContext,
  messageId: string,
  request: ReplyRequest,
): Promise<SendResponse> {
  return inTransaction(ctx, async (tx) => {
    const caller = await callerOf(ctx, tx, request.from);
    const asked = await findMessage(tx.db, ctx.tenantId, toUuid("message", messageId));
    if (asked === undefined || !mayAnswer(ctx, caller, asked)) {
      throw new NofxError("recipient_unknown", {
        detail: "There is no such message for you to answer.",
        data: { messageId },
      });
    }
    const { type, payload, refs, sentAs } = request;
    const version = await checkPayload(tx.db, ctx.tenantId, type, payload);
    await checkRefs(tx, ctx.tenantId, refs);
    const { stepId, epoch } = caller;
    const posted = await post(tx.db, ctx.plane, {
      tenantId: ctx.tenantId,
      to: backTo(ctx, asked),
      type,
      version,
      payload,
      class: request.class,
      refs,
      sender: { type: "agent", id: ctx.actor.id, name: ctx.name },
      ...(stepId !== undefined && { from: { stepId, epoch } }),
      sentAs,
      correlationId: asked.correlation_id,
      causationId: asked.id,
      traceparent: ctx.traceparent,
    });
    tx.ring(posted.freed);
    return sentOf(posted, stepId !== undefined);
  });
}

function mayAnswer(ctx: AgentContext, caller: Caller, asked: MessageRecord): boolean {
  const to = whereTo(ctx, asked);
  try {
    refuseUnlessAllowed(caller, "read", ctx.tenantId, to, asked.type);
    return true;
  } catch {
    return false;
  }
}

/** The conversation that a message was sent in. */
function whereTo(ctx: AgentContext, row: MessageRecord): Destination {
  const { run_id: runId, channel } = row;
  if (row.to_step !== null) return { kind: "step", ofId: row.to_step, runId, channel };
  if (row.to_agent !== null) return { kind: "agent", ofId: row.to_agent, runId, channel };
  if (row.session_id !== null) return { kind: "session", ofId: row.session_id, runId, channel };
  if (runId !== null) return { kind: "run", ofId: runId, runId, channel };
  return { kind: "tenant", ofId: ctx.tenantId, runId, channel };
}

function backTo(ctx: AgentContext, asked: MessageRecord): Destination {
  const channel = replyChannel(toId("message", asked.id));
  const runId = asked.run_id;
  if (asked.step_id !== null) return { kind: "step", ofId: asked.step_id, runId, channel };
  if (asked.sender_type === "agent") {
    return { kind: "agent", ofId: asked.sender_id, runId: null, channel };
  }
  return runId === null
    ? { kind: "tenant", ofId: ctx.tenantId, runId, channel: SUPERVISORS }
    : { kind: "run", ofId: runId, runId, channel: SUPERVISORS };
}
