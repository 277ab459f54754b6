/** One message of the Phoenix protocol, whichever version carried it. */
export type Frame = {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: Record<string, unknown>;
};

export type ProtocolVersion = "1.0.0" | "2.0.0";

/** Kind of the binary frame in which clients of version 2 send a broadcast: lengths, then the fields, then the payload. */
const USER_BROADCAST_PUSH = 3;
const JSON_PAYLOAD = 1;

/** Reads what a client sent; undefined when it is no message of the protocol. */
export function parseFrame(
  data: Buffer,
  isBinary: boolean,
  version: ProtocolVersion,
): Frame | undefined {
  try {
    if (isBinary) return parseUserBroadcast(data);
    const message: unknown = JSON.parse(data.toString("utf8"));
    return version === "1.0.0" ? fromObject(message) : fromArray(message);
  } catch {
    return undefined;
  }
}

/** Writes a message for a client. Version 2 takes text frames for everything that is no binary payload. */
export function writeFrame(frame: Frame, version: ProtocolVersion): string {
  const { joinRef, ref, topic, event, payload } = frame;
  return version === "1.0.0"
    ? JSON.stringify({ join_ref: joinRef, ref, topic, event, payload })
    : JSON.stringify([joinRef, ref, topic, event, payload]);
}

function fromArray(message: unknown): Frame | undefined {
  if (!Array.isArray(message) || message.length !== 5) return undefined;
  const [joinRef, ref, topic, event, payload] = message as unknown[];
  return fromObject({ join_ref: joinRef, ref, topic, event, payload });
}

function fromObject(message: unknown): Frame | undefined {
  if (!isRecord(message)) return undefined;
  const { join_ref: joinRef, ref, topic, event, payload } = message;
  if (typeof topic !== "string" || typeof event !== "string") return undefined;
  return {
    joinRef: typeof joinRef === "string" ? joinRef : null,
    ref: typeof ref === "string" ? ref : null,
    topic,
    event,
    payload: isRecord(payload) ? payload : {},
  };
}

function parseUserBroadcast(data: Buffer): Frame | undefined {
  const [
    kind,
    joinRefSize = 0,
    refSize = 0,
    topicSize = 0,
    eventSize = 0,
    metadataSize = 0,
    encoding,
  ] = data;
  if (kind !== USER_BROADCAST_PUSH || encoding !== JSON_PAYLOAD) return undefined;
  let at = 7;
  const take = (size: number) => data.subarray(at, (at += size)).toString("utf8");
  const joinRef = take(joinRefSize);
  const ref = take(refSize);
  const topic = take(topicSize);
  const event = take(eventSize);
  take(metadataSize);
  const payload: unknown = JSON.parse(data.subarray(at).toString("utf8"));
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: "broadcast",
    payload: { type: "broadcast", event, payload },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
