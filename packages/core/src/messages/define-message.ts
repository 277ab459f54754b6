import { z } from "zod";
import type { EventType } from "../vocabulary/index.ts";
import { Traceparent } from "./traceparent.ts";

export const MESSAGE_VERSION = 1;

/** Ids in messages are the raw uuids of the columns. */
export const Uuid = z.guid().meta({ id: "Uuid", description: "A uuid; ours are version 7" });

/** What every message carries, whatever its type: Message Schema v1. */
export const Envelope = z.object({
  id: Uuid.meta({ description: "Names this message; readers drop an id they have seen" }),
  version: z.literal(MESSAGE_VERSION),
  type: z.string().regex(/^[a-z_]{1,32}\.[a-z_]{1,32}$/, "expected a type like run.started"),
  correlation_id: Uuid.meta({ description: "The same for all that one request set in motion" }),
  causation_id: Uuid.nullable().meta({
    description: "The message that led directly to this one; null at the beginning",
  }),
  traceparent: Traceparent.nullable().meta({ description: "W3C trace context" }),
  tenant_id: Uuid,
  at: z.iso.datetime({ offset: true }),
  payload: z.record(z.string(), z.unknown()),
});
export type Envelope = z.infer<typeof Envelope>;

/** One type of message: its name, what it says, and the form of its payload. */
export interface MessageDefinition<T extends EventType, P extends z.ZodType> {
  readonly type: T;
  readonly description: string;
  readonly payload: P;
}

/**
 * Declares a type of message. Payloads are ids, enums, numbers and digests; keys that are not declared pass through,
 * so that a newer writer does not break an older reader.
 */
export function defineMessage<T extends EventType, S extends z.ZodRawShape>(
  type: T,
  description: string,
  shape: S,
) {
  const payload = z.looseObject(shape);
  return { type, description, payload } satisfies MessageDefinition<T, z.ZodType>;
}
