import { BUS_TYPES, replyChannel } from "@nofx/core/bus";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toId, type Id } from "@nofx/core/vocabulary";
import { findEscalation, findMessage, raiseEscalation } from "@nofx/db/queries";
import type { AgentContext, MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { post } from "./post.ts";
import type { Caller } from "./resolve.ts";

/** An escalation waits three days for an answer, and holds nothing meanwhile. */
const EXPIRES_MS = 259_200_000;

/** What an agent escalates lands with all other questions to people, with the place of its step in the tree. */
export async function raise(
  ctx: AgentContext,
  tx: CommandTransaction,
  { stepId, epoch }: Pick<Caller, "stepId" | "epoch">,
  messageId: string,
  payload: unknown,
): Promise<Id<"approval">> {
  if (stepId === undefined || epoch === undefined) {
    throw new NofxError("invalid_input", {
      issues: [{ path: "/from", message: "an escalation is raised by a step: say which you hold" }],
    });
  }
  const { question, details } = BUS_TYPES["escalation.raised"].parse(payload);
  const shown = { details: details ?? null };
  const id = await raiseEscalation(tx.db, {
    tenantId: ctx.tenantId,
    stepId,
    epoch,
    messageId,
    title: question.slice(0, 200),
    question,
    arguments: shown,
    argumentsDigest: ctx.plane.sha256(canonicalJson({ question, ...shown })),
    requester: ctx.name,
    expiresMs: EXPIRES_MS,
  });
  return toId("approval", id);
}

/** Tells the step that escalated what people said. Answers whether the approval was of an escalation. */
export async function answerEscalation(
  ctx: MemberContext,
  tx: CommandTransaction,
  approvalId: string,
  status: "approved" | "rejected",
): Promise<boolean> {
  const { tenantId } = ctx;
  const raised = await findEscalation(tx.db, tenantId, approvalId);
  if (raised === undefined) return false;
  const asked = await findMessage(tx.db, tenantId, raised.message_id);
  if (asked?.step_id == null || raised.ended) return true;
  const posted = await post(tx.db, ctx.plane, {
    tenantId,
    to: {
      kind: "step",
      ofId: asked.step_id,
      runId: asked.run_id,
      channel: replyChannel(toId("message", asked.id)),
    },
    type: "reply.given",
    payload: { approvalId: toId("approval", approvalId), status, reason: raised.reason },
    sender: { type: "member", id: ctx.actor.id, name: ctx.name },
    correlationId: asked.correlation_id,
    causationId: asked.id,
  });
  tx.ring(posted.freed);
  return true;
}
