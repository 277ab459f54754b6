import type { EmitRequest, EmitResponse } from "@nofx/core/contract";
import { canonicalJson } from "@nofx/core/canonical";
import { toId } from "@nofx/core/vocabulary";
import { emitEvent as emit } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fenced } from "./fenced.ts";

/** Tells the steps of its run that wait for it of an event, once under its name in the step. */
export function emitEvent(
  ctx: AgentContext,
  stepId: string,
  request: EmitRequest,
): Promise<EmitResponse> {
  return fenced(ctx, stepId, async (tx) => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const { name, event, key = null, payload } = request;
    const sent = await emit(tx.db, claim, { name, event, key, payload }, ctx.actor);
    const eventId = toId("externalEvent", sent.event_id);
    if (!sent.created) return { eventId, created: false };
    tx.ring(sent);
    tx.emit({
      type: "event.received",
      payload: { event_id: sent.event_id, waiting: sent.waiting },
    });
    await tx.audit("event.received", {
      event_id: sent.event_id,
      name: event,
      payload_digest: ctx.plane.sha256(canonicalJson(payload)),
    });
    return { eventId, created: true };
  });
}
