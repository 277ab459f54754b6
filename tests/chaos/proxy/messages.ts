/** Postgres' wire protocol, as far as the proxy must read it: https://www.postgresql.org/docs/17/protocol-message-formats.html */
export interface Message {
  /** The type byte; empty for the first message of a client, which has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Cuts a byte stream into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #typed: boolean;

  /** `typed` is false for what a client sends: its first message has no type byte. */
  constructor(typed: boolean) {
    this.#typed = typed;
  }

  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (;;) {
      const head = this.#typed ? 1 : 0;
      if (this.#rest.length < head + 4) return messages;
      const length = head + this.#rest.readUInt32BE(head);
      if (this.#rest.length < length) return messages;
      const bytes = this.#rest.subarray(0, length);
      messages.push({ type: this.#typed ? String.fromCharCode(bytes[0] ?? 0) : "", bytes });
      this.#rest = this.#rest.subarray(length);
      this.#typed = true;
    }
  }
}

/** The statement of a Query or Parse message. */
export function statementOf({ type, bytes }: Message): string | undefined {
  if (type !== "Q" && type !== "P") return undefined;
  const from = type === "Q" ? 5 : bytes.indexOf(0, 5) + 1;
  return bytes.toString("utf8", from, bytes.indexOf(0, from));
}

/** The parameters of a Bind message; undefined where one is null. */
export function parametersOf({ bytes }: Message): (string | undefined)[] {
  let at = bytes.indexOf(0, 5) + 1;
  at = bytes.indexOf(0, at) + 1;
  at += 2 + 2 * bytes.readUInt16BE(at);
  const count = bytes.readUInt16BE(at);
  return readValues(bytes, at + 2, count);
}

/** The columns of a DataRow message. */
export function columnsOf({ bytes }: Message): (string | undefined)[] {
  return readValues(bytes, 7, bytes.readUInt16BE(5));
}

function readValues(bytes: Buffer, start: number, count: number): (string | undefined)[] {
  let at = start;
  return Array.from({ length: count }, () => {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) return undefined;
    at += length;
    return bytes.toString("utf8", at - length, at);
  });
}

/** The state that a ReadyForQuery message tells: idle, in a transaction, in a failed one. */
export const stateOf = ({ bytes }: Message): string => String.fromCharCode(bytes[5] ?? 0);
