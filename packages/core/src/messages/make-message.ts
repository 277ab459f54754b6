import type { EventType } from "../vocabulary/index.ts";
import { MESSAGE_VERSION, type Envelope } from "./define-message.ts";
import type { PayloadOf } from "./message-types.ts";
import type { Message } from "./parse-message.ts";

/** What a message says for itself; ids and times are given, never made here. */
export interface NewMessage<T extends EventType> {
  readonly id: string;
  readonly type: T;
  readonly at: string;
  readonly payload: PayloadOf<T>;
  readonly traceparent?: string | null;
}

/** A message that nothing led to: the first of its correlation, which takes its id unless a caller brought one. */
export function firstMessage<T extends EventType>(
  message: NewMessage<T>,
  { tenantId, correlationId = message.id }: { tenantId: string; correlationId?: string },
): Message<T> {
  return assemble(message, {
    tenant_id: tenantId,
    correlation_id: correlationId,
    causation_id: null,
    traceparent: message.traceparent ?? null,
  });
}

/** A message that another led to: the same tenant and correlation, caused by it, in its trace unless it has its own. */
export function childOf<T extends EventType>(
  parent: Pick<Envelope, "id" | "tenant_id" | "correlation_id" | "traceparent">,
  message: NewMessage<T>,
): Message<T> {
  return assemble(message, {
    tenant_id: parent.tenant_id,
    correlation_id: parent.correlation_id,
    causation_id: parent.id,
    traceparent: message.traceparent === undefined ? parent.traceparent : message.traceparent,
  });
}

type Links = Pick<Envelope, "tenant_id" | "correlation_id" | "causation_id" | "traceparent">;

function assemble<T extends EventType>({ id, type, at, payload }: NewMessage<T>, links: Links) {
  return { id, version: MESSAGE_VERSION, type, ...links, at, payload } as Message<T>;
}
