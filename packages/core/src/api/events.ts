import { z } from "zod";
import { Actor, EventId, EventType, RunId } from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

export const EventView = z.object({
  seq: z.int(),
  id: EventId,
  type: EventType,
  at: Timestamp,
  actor: Actor,
  runId: RunId.nullable(),
  correlationId: z.string(),
  payload: z.record(z.string(), z.unknown()),
});
export type EventView = z.infer<typeof EventView>;

export const ListEventsInput = z.object({
  after: z.coerce.number().int().min(0).default(0),
  runId: RunId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
/** `seq` is the newest sealed sequence of the tenant: ask again with `after: seq`. */
export const EventPage = z.object({ items: z.array(EventView), seq: z.int(), more: z.boolean() });
export type EventPage = z.infer<typeof EventPage>;
