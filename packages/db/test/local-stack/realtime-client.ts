import { vi } from "vitest";
import { WebSocket } from "ws";

type Message = [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: Record<string, unknown>,
];

/** A bare client of the protocol (version 2), to say what the library would not. */
export class RealtimeTestClient {
  readonly messages: Message[] = [];
  readonly ws: WebSocket;
  closed: { code: number } | undefined;

  constructor(gatewayUrl: string, apiKey: string, version = "2.0.0") {
    const url = `${gatewayUrl.replace("http", "ws")}/realtime/v1/websocket?apikey=${apiKey}&vsn=${version}`;
    this.ws = new WebSocket(url);
    this.ws.on("message", (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString("utf8"));
      this.messages.push(Array.isArray(message) ? (message as Message) : fromObject(message));
    });
    this.ws.on("close", (code: number) => (this.closed = { code }));
    this.ws.on("error", () => (this.closed ??= { code: 0 }));
  }

  async opened(): Promise<this> {
    await vi.waitFor(() => {
      if (this.ws.readyState !== WebSocket.OPEN) throw new Error("not open yet");
    });
    return this;
  }

  send(...message: Message): void {
    this.ws.send(JSON.stringify(message));
  }

  join(
    topic: string,
    token: string,
    config: Record<string, unknown> = { private: true },
  ): Promise<Record<string, unknown>> {
    return this.ask("realtime:" + topic, "phx_join", { config, access_token: token });
  }

  /** Sends and waits for the answer. */
  async ask(
    topic: string,
    event: string,
    payload: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const ref = String(this.messages.length + 1) + event;
    this.send(ref, ref, topic, event, payload);
    return vi.waitFor(() => {
      const reply = this.messages.find(
        (message) => message[1] === ref && message[3] === "phx_reply",
      );
      if (!reply) throw new Error("no reply yet");
      return reply[4];
    }, 15_000);
  }

  events(topic: string, event: string): Record<string, unknown>[] {
    return this.messages
      .filter((message) => message[2] === "realtime:" + topic && message[3] === event)
      .map((message) => message[4]);
  }
}

function fromObject(message: unknown): Message {
  const { join_ref, ref, topic, event, payload } = message as Record<string, never>;
  return [join_ref, ref, topic, event, payload] as unknown as Message;
}
