import type { MetWait } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { MetPayload, type WaitAnswer } from "@nofx/db/leases";

/** What a step waited for, with prefixed ids. */
export function metWaitOf(answer: Extract<WaitAnswer, { held: false }>): MetWait {
  const met = MetPayload.parse({ kind: answer.kind, payload: answer.payload });
  const option = answer.met;
  switch (met.kind) {
    case "timer":
      return { option, kind: met.kind, payload: null };
    case "event": {
      const { event_id, name, key, sent_at, payload } = met.payload;
      const eventId = toId("externalEvent", event_id);
      return { option, kind: met.kind, payload: { eventId, name, key, sentAt: sent_at, payload } };
    }
    case "message": {
      const { message_id, from_step, channel, sent_at, payload, redacted } = met.payload;
      const messageId = toId("message", message_id);
      const fromStep = from_step === null ? null : toId("step", from_step);
      return {
        option,
        kind: met.kind,
        payload: {
          messageId,
          fromStep,
          channel,
          sentAt: sent_at,
          payload,
          ...(redacted !== undefined && { redacted }),
        },
      };
    }
    case "children":
      return {
        option,
        kind: met.kind,
        payload: met.payload.children.map((child) => ({
          name: child.name,
          stepId: toId("step", child.step_id),
          status: child.status,
          output: child.output ?? null,
          error: child.error,
        })),
      };
    case "person":
      return { option, kind: met.kind, payload: met.payload };
    case "approval": {
      const { approval_id, status, arguments: args, reason } = met.payload;
      const approvalId = toId("approval", approval_id);
      return { option, kind: met.kind, payload: { approvalId, status, arguments: args, reason } };
    }
  }
}
