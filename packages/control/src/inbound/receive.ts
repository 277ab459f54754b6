import { InboundDecision, type InboundAnswer } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { InboundReceiverId, toId, toUuid } from "@nofx/core/vocabulary";
import {
  beginMessage,
  endMessage,
  findInboundMember,
  openReceiver,
  type OpenReceiver,
} from "@nofx/db/queries";
import { decideAsPrincipal } from "../approvals/decide-as-principal.ts";
import { loadApproval } from "../approvals/list.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { Plane } from "../command/plane.ts";
import { parseInput } from "../command/run-command.ts";
import { inTransaction } from "../command/transaction.ts";
import { resolveMember } from "../members/resolve.ts";
import { isGenuine, type SignedMessage } from "./verify-message.ts";

export interface InboundMessage extends SignedMessage {
  readonly receiverId: string;
  /** Where the address names it, the body need not. */
  readonly approvalId?: string | undefined;
}

/**
 * A decision that somebody signed. One answer, `unauthenticated`, to all that is not genuine: nobody learns which receivers
 * there are. What is genuine is taken once: its id is remembered for 30 days, far longer than a signature holds. Then it is a vote of
 * the member that it names, and judged as one.
 */
export async function receiveDecision(
  plane: Plane,
  message: InboundMessage,
): Promise<InboundAnswer> {
  try {
    return await receive(plane, message);
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

async function receive(plane: Plane, message: InboundMessage): Promise<InboundAnswer> {
  const known = InboundReceiverId.safeParse(message.receiverId);
  const id = known.success ? toUuid("inboundReceiver", known.data) : plane.newUuid();
  const receiver = await openReceiver(plane.db, id);
  if (!isGenuine(message, receiver?.secrets ?? []) || receiver === undefined) {
    throw new NofxError("unauthenticated", {
      detail:
        "The message is not signed as Standard Webhooks say, with a secret of this receiver, within five minutes.",
    });
  }
  const begun = await beginMessage(plane.db, id, message.id);
  if (begun === "replayed") {
    throw new NofxError("webhook_replayed", {
      detail: "Each webhook-id is taken once. What you decide anew needs a new one.",
    });
  }
  if (begun === "in_flight") {
    throw new NofxError("idempotency_in_flight", {
      detail: "This message is being dealt with. Send it again in a minute if you get no answer.",
    });
  }
  const seen: Seen = {};
  try {
    const answer = await decide(plane, { id, receiver, message }, seen);
    await endMessage(plane.db, id, message.id, { outcome: "decided", ...seen });
    return answer;
  } catch (error) {
    // a refusal is an outcome; where we failed ourselves, the sender's next attempt is a first one
    const refused = NofxError.is(error) && error.status < 500 && error.status !== 429;
    await endMessage(plane.db, id, message.id, { outcome: refused ? error.code : null, ...seen });
    throw error;
  }
}

/** What the log of messages keeps, as far as it was read. */
interface Seen {
  approvalId?: string;
  userId?: string;
}

async function decide(
  plane: Plane,
  { id, receiver, message }: { id: string; receiver: OpenReceiver; message: InboundMessage },
  seen: Seen,
): Promise<InboundAnswer> {
  const said = readDecision(message);
  const { approvalId, decision } = said;
  seen.approvalId = toUuid("approval", approvalId);
  if (!receiver.decisions.includes(decision)) {
    throw new NofxError("forbidden", { detail: `This receiver may not ${decision}.` });
  }
  const userId = await findInboundMember(plane.db, id, said.member);
  if (userId === undefined) {
    throw new NofxError("forbidden", {
      detail: "This receiver does not speak for a member of that address.",
    });
  }
  seen.userId = userId;
  const principal = {
    tenantId: receiver.tenant_id,
    userId,
    via: `webhook:${receiver.name}`,
    behind: receiver.holders,
  };
  const idempotencyKey = `inbound:${plane.sha256(`${id} ${message.id}`)}`;
  await refuseOtherSubjects(plane, { receiver, userId, approvalId });
  const { reason, argumentsDigest } = said;
  const input = { approvalId, decision, reason, argumentsDigest };
  const { status } = await decideAsPrincipal(plane, principal, input, { idempotencyKey });
  return { approvalId, status, decision };
}

async function refuseOtherSubjects(
  plane: Plane,
  { receiver, userId, approvalId }: { receiver: OpenReceiver; userId: string; approvalId: string },
): Promise<void> {
  const tenantId = toId("tenant", receiver.tenant_id);
  const ctx = await resolveMember(plane, { userId, email: receiver.name, tenantId });
  const approval = await inTransaction(ctx, (tx) => loadApproval(ctx, tx, approvalId));
  const { subjects } = receiver;
  if (subjects.length > 0 && !subjects.includes(approval.subject)) {
    throw new NofxError("forbidden", {
      detail: `This receiver does not decide about a ${approval.subject.replaceAll("_", " ")}.`,
    });
  }
}

function readDecision(message: InboundMessage): InboundDecision {
  let body: unknown;
  try {
    body = JSON.parse(message.body);
  } catch (cause) {
    throw new NofxError("invalid_json", { detail: "The body is not JSON.", cause });
  }
  const outer = asRecord(body);
  // as Standard Webhooks suggest, {type, timestamp, data}; or the decision itself
  const said = { ...asRecord(outer["decision"] === undefined ? outer["data"] : outer) };
  const { approvalId } = message;
  if (approvalId !== undefined) {
    if ((said["approvalId"] ?? approvalId) !== approvalId) {
      throw new NofxError("invalid_input", {
        detail: "The address names another approval than the body.",
        issues: [{ path: "/approvalId", message: "is not the one of the address" }],
      });
    }
    said["approvalId"] = approvalId;
  }
  return parseInput(InboundDecision, said);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
