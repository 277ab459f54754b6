import { meetWaits } from "./meet-waits.ts";
import { nextId } from "./rows.ts";
import type { EngineModel, ModelExternalEvent } from "./state.ts";

export interface EventSent {
  readonly tenantId?: string;
  readonly name: string;
  readonly key?: string;
  /** Only for waits of this run. */
  readonly runId?: string;
  readonly payload?: unknown;
}

/** Stores what the outside tells of and wakes every step that waits for it. Answers how many did. */
export function sendEvent(model: EngineModel, sent: EventSent, now: number): number {
  const event: ModelExternalEvent = {
    id: nextId(model, "event"),
    tenantId: sent.tenantId ?? "tenant",
    name: sent.name,
    key: sent.key ?? null,
    runId: sent.runId ?? null,
    payload: sent.payload ?? null,
    sentAt: now,
  };
  model.externalEvents.push(event);
  const waiting = model.waits.filter(
    (one) =>
      one.status === "open" &&
      one.kind === "event" &&
      one.topic === event.name &&
      (one.key === null || one.key === event.key) &&
      (event.runId === null || one.runId === event.runId) &&
      model.runs.get(one.runId)?.tenantId === event.tenantId,
  );
  meetWaits(
    model,
    waiting.map((one) => ({ waitId: one.id, payload: event.payload, source: event.id })),
    now,
  );
  return waiting.length;
}
