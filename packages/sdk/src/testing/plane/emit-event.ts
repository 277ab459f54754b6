import type { AgentRequest, AgentResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { checkpoint, sendEvent } from "@nofx/core/model";
import { toUuid } from "@nofx/core/vocabulary";
import type { PlaneState } from "./state.ts";

/** Tells the steps of its run of an event, once under a name: that it was sent is a checkpoint of the step. */
export function emitEvent(
  state: PlaneState,
  claim: { stepId: string; epoch: number },
  { name, event, key, payload }: AgentRequest<"emit">,
): AgentResponse<"emit"> {
  const { model, time, ids } = state;
  const eventId = ids.of("externalEvent", `${claim.stepId} ${name}`);
  const value = { event_id: toUuid("externalEvent", eventId) };
  const stored = checkpoint(model, claim, `emit ${name}`.slice(0, 200), value, null, time.now);
  if (stored === null) throw new NofxError("lease_lost");
  if (stored.created) {
    const runId = model.steps.get(claim.stepId)?.runId ?? "";
    sendEvent(model, { name: event, payload, runId, ...(key !== undefined && { key }) }, time.now);
  }
  return { eventId, created: stored.created };
}
