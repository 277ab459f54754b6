import { stepOf } from "@nofx/core/model";
import type { World } from "./world.ts";

/** What met a wait, as the database words it. */
export function payloadOf(world: World, stepId: string, name: string, option: string): unknown {
  const { model } = world;
  const met = model.waits.find(
    (one) => one.stepId === stepId && one.name === name && one.option === option,
  );
  switch (met?.kind) {
    case "event": {
      const event = model.externalEvents.find((one) => one.id === met.source);
      return {
        event_id: uuidOf(met.source ?? ""),
        name: met.topic,
        key: event?.key ?? null,
        sent_at: world.iso(event?.sentAt ?? 0),
        payload: met.payload,
      };
    }
    case "message":
      return {
        message_id: uuidOf(met.source ?? ""),
        from_step: null,
        channel: met.topic,
        sent_at: world.iso(0),
        payload: met.payload,
      };
    case "person":
      return { answer: met.payload, by: "person", at: world.iso(0) };
    case "approval": {
      const approval = model.approvals.get(met.approvalId ?? "");
      return {
        approval_id: uuidOf(met.approvalId ?? ""),
        status: approval?.status,
        arguments: {},
        reason: null,
      };
    }
    case "children":
      return { children: [] };
    case "timer":
      return null;
    default:
      throw new Error(`${stepOf(model, stepId).name} waits for ${met?.kind ?? "nothing"}`);
  }
}

/** The model counts its ids; at the boundary they are uuids. */
function uuidOf(id: string): string {
  const hex = Number(id.split("-").at(-1)).toString(16).padStart(12, "0");
  return `00000000-0000-7000-8000-${hex}`;
}
