import { SendMessageInput, type SentMessage } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { StepId, toId, toUuid } from "@nofx/core/vocabulary";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { toMailbox } from "../messages/to-mailbox.ts";

const Input = SendMessageInput.extend({ stepId: StepId });

/** Puts a message into a step's mailbox, and wakes the step if it waits for one. */
export function sendMessage(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<SentMessage> {
  const spec = { name: "steps.sendMessage", permission: "run.control", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, { stepId, channel, payload }) => {
    const to = toUuid("step", stepId);
    const message = { tenantId: ctx.tenantId, to, channel, payload };
    const sent = await toMailbox(tx.db, ctx.plane, message, { ...ctx.actor, name: ctx.name });
    if (sent === undefined) {
      throw new NofxError("not_found", { detail: "There is no such step in this tenant." });
    }
    if (sent.message_id === null) {
      throw new NofxError("conflict", {
        detail: "That step has ended and reads no messages any more.",
      });
    }
    tx.ring(sent);
    await tx.audit("message.sent", {
      message_id: sent.message_id,
      step_id: to,
      payload_digest: ctx.plane.sha256(canonicalJson(payload)),
    });
    return { messageId: toId("message", sent.message_id) };
  });
}
