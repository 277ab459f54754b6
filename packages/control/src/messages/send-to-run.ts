import { SendRunMessageInput, type SentRunMessage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { RunId, toId, toUuid } from "@nofx/core/vocabulary";
import { findRunCorrelation } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { checkPayload } from "./check-payload.ts";
import { checkRefs } from "./check-refs.ts";
import { post } from "./post.ts";
import { destinationOf } from "./resolve.ts";

const Input = SendRunMessageInput.extend({ runId: RunId });

/** A supervisor's message into a run: to all who work on it, or to a step or a session of it. */
export function sendToRun(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<SentRunMessage> {
  const spec = { name: "messages.send", permission: "run.control", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, message) => {
    const { tenantId } = ctx;
    const runId = toUuid("run", message.runId);
    const run = await findRunCorrelation(tx.db, tenantId, runId);
    if (run === undefined) {
      throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
    }
    if (run.ended) {
      throw new NofxError("run_finished", { detail: "Nobody works on it who would read this." });
    }
    const address = message.to ?? { run: message.runId, channel: "default" };
    const to = await destinationOf(tx, tenantId, address);
    if (to.kind === "tenant" || (to.runId !== null && to.runId !== runId)) {
      throw new NofxError("recipient_unknown", {
        detail: "Give a step or a session of this run, or an agent.",
        data: { kind: to.kind },
      });
    }
    const { type, payload, refs } = message;
    const version = await checkPayload(tx.db, tenantId, type, payload);
    await checkRefs(tx, tenantId, refs);
    const posted = await post(tx.db, ctx.plane, {
      tenantId,
      to: { ...to, runId },
      type,
      version,
      payload,
      class: message.class,
      refs,
      sender: { type: "member", id: ctx.actor.id, name: ctx.name },
      correlationId: run.correlation_id,
      traceparent: ctx.traceparent,
    });
    tx.ring(posted.freed);
    tx.nudge(runId);
    await tx.audit("message.sent", {
      message_id: posted.messageId,
      run_id: runId,
      to: to.kind,
      channel: to.channel,
      type,
    });
    return {
      messageId: toId("message", posted.messageId),
      conversationId: toId("conversation", posted.conversationId),
      seq: posted.seq,
    };
  });
}
