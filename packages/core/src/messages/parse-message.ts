import { pointer, type Issue } from "../errors/index.ts";
import { nameFinder } from "../planner/index.ts";
import { EventType } from "../vocabulary/index.ts";
import { Envelope, MESSAGE_VERSION } from "./define-message.ts";
import { MESSAGE_TYPES, type PayloadOf } from "./message-types.ts";

/** A message whose type and payload are known to fit together. */
export type Message<T extends EventType = EventType> = {
  [K in T]: Omit<Envelope, "type" | "payload"> & { type: K; payload: PayloadOf<K> };
}[T];

/**
 * `unknown_type` is not a fault: a newer writer knows more types. Such a reader keeps the envelope and passes the
 * message on or over. The other reasons mean that the writer is wrong, or speaks a later version.
 */
export type ParsedMessage =
  | { ok: true; message: Message }
  | { ok: false; reason: "malformed" | "unknown_version" | "bad_payload"; issues: Issue[] }
  | { ok: false; reason: "unknown_type"; envelope: Envelope; issues: Issue[] };

/** Reads one message, and says of a bad one what is wrong and where. */
export function parseMessage(value: unknown): ParsedMessage {
  const version = versionOf(value);
  if (Number.isInteger(version) && version !== MESSAGE_VERSION) {
    const message = `version ${String(version)} is not known here; this reader knows version ${MESSAGE_VERSION}`;
    return { ok: false, reason: "unknown_version", issues: [{ path: "/version", message }] };
  }
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) {
    const issues = envelope.error.issues.map(({ path, message }) => ({
      path: pointer(path),
      message,
    }));
    return { ok: false, reason: "malformed", issues };
  }
  const type = EventType.safeParse(envelope.data.type);
  if (!type.success) {
    const suggestion = nameFinder(EventType.options)(envelope.data.type);
    const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
    const message = `type "${envelope.data.type}" is not known here${hint}`;
    const issues = [{ path: "/type", message }];
    return { ok: false, reason: "unknown_type", envelope: envelope.data, issues };
  }
  const payload = MESSAGE_TYPES[type.data].payload.safeParse(envelope.data.payload);
  if (!payload.success) {
    const issues = payload.error.issues.map(({ path, message }) => ({
      path: pointer(["payload", ...path]),
      message,
    }));
    return { ok: false, reason: "bad_payload", issues };
  }
  return {
    ok: true,
    message: { ...envelope.data, type: type.data, payload: payload.data } as Message,
  };
}

function versionOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "version" in value
    ? value.version
    : undefined;
}
