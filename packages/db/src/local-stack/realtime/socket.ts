import type pg from "pg";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { Keys } from "../gateway/keys.ts";
import { parseFrame, writeFrame } from "./frames.ts";
import type { Frame, ProtocolVersion } from "./frames.ts";
import type { Hub } from "./hub.ts";
import { Subscription } from "./subscription.ts";

/** A client that reads more slowly than this much behind is dropped; it reconnects and fetches what it missed. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Messages of one client that wait to be handled. */
const MAX_QUEUED = 500;
const MAX_CHANNELS = 100;

const JoinPayload = z.object({
  access_token: z.string().optional(),
  config: z
    .object({
      private: z.boolean().default(false),
      broadcast: z
        .object({ self: z.boolean().default(false), ack: z.boolean().default(false) })
        .prefault({}),
      postgres_changes: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});

const BroadcastPayload = z.object({ event: z.string(), payload: z.unknown() });

export type SocketOptions = {
  pool: pg.Pool;
  hub: Hub;
  keys: Keys;
  version: ProtocolVersion;
  /** The API key the socket was opened with: the credential of a channel that brings none. */
  apiKey: string;
};

/** One connected client with its channels. Its messages are handled one after another, in the order they came. */
export class Socket {
  readonly #ws: WebSocket;
  readonly #options: SocketOptions;
  readonly #channels = new Map<string, Subscription>();
  #queued = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(ws: WebSocket, options: SocketOptions) {
    this.#ws = ws;
    this.#options = options;
    ws.on("message", (data: Buffer, isBinary: boolean) => this.#enqueue(data, isBinary));
    ws.on("close", () => this.#leaveAll());
    ws.on("error", () => ws.terminate());
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  /** Asks the policies again for every channel and ends those that are no longer allowed. */
  recheck(): Promise<void> {
    return this.#inTurn(async () => {
      for (const subscription of this.#channels.values()) await this.#recheckOne(subscription);
    });
  }

  #enqueue(data: Buffer, isBinary: boolean): void {
    const frame = parseFrame(data, isBinary, this.#options.version);
    if (!frame) return this.close(1007, "not a message of the protocol");
    if (this.#queued >= MAX_QUEUED) return this.close(1008, "too many messages");
    this.#queued += 1;
    void this.#inTurn(() => this.#handle(frame)).finally(() => (this.#queued -= 1));
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work
      .then(task)
      .catch(() => this.close(1011, "the server could not handle a message"));
    return this.#work;
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.topic === "phoenix" && frame.event === "heartbeat") return this.#reply(frame, "ok");
    switch (frame.event) {
      case "phx_join":
        return this.#join(frame);
      case "phx_leave":
        this.#leave(frame.topic);
        return this.#reply(frame, "ok");
      case "access_token":
        return this.#refresh(frame);
      case "broadcast":
        return this.#broadcast(frame);
      default:
        return this.#reply(frame, "error", {
          reason: `${frame.event} is not supported by the local stack`,
        });
    }
  }

  async #join(frame: Frame): Promise<void> {
    const { pool, hub, keys, apiKey } = this.#options;
    const parsed = JoinPayload.safeParse(frame.payload);
    const refuse = (reason: string) => this.#reply(frame, "error", { reason });
    if (!parsed.success || !frame.topic.startsWith("realtime:")) return refuse("malformed join");
    const { config, access_token: token } = parsed.data;
    if (!config.private) return refuse("PrivateOnly: This project only allows private channels");
    if (config.postgres_changes.length > 0)
      return refuse("postgres_changes is not supported by the local stack");
    this.#leave(frame.topic);
    if (this.#channels.size >= MAX_CHANNELS)
      return refuse("ChannelRateLimitReached: Too many channels");
    const subscription = new Subscription({
      channel: frame.topic,
      joinRef: frame.joinRef,
      credential: token ?? apiKey,
      self: config.broadcast.self,
      ack: config.broadcast.ack,
      push: (event, payload) =>
        this.#send({ joinRef: null, ref: null, topic: frame.topic, event, payload }),
    });
    const refusal = await subscription.authorize(pool, keys);
    if (refusal) return refuse(refusal.reason);
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#channels.set(frame.topic, subscription);
    hub.add(subscription.topic, subscription);
    this.#reply(frame, "ok", { postgres_changes: [] });
  }

  async #refresh(frame: Frame): Promise<void> {
    const subscription = this.#channels.get(frame.topic);
    const token = frame.payload["access_token"];
    if (subscription && typeof token === "string") await this.#recheckOne(subscription, token);
  }

  async #recheckOne(subscription: Subscription, token?: string): Promise<void> {
    const { pool, keys } = this.#options;
    const refusal = await subscription.authorize(pool, keys, token);
    if (!refusal) return;
    const { channel, joinRef } = subscription.options;
    this.#leave(channel);
    const payload = {
      extension: "system",
      status: "error",
      message: refusal.reason,
      channel: subscription.topic,
    };
    this.#send({ joinRef, ref: null, topic: channel, event: "system", payload });
    this.#send({ joinRef, ref: joinRef, topic: channel, event: "phx_close", payload: {} });
  }

  #broadcast(frame: Frame): void {
    const subscription = this.#channels.get(frame.topic);
    const parsed = BroadcastPayload.safeParse(frame.payload);
    if (!subscription) return this.#reply(frame, "error", { reason: "unmatched topic" });
    const { ack, self } = subscription.options;
    if (!parsed.success || !subscription.mayWrite) {
      if (ack)
        this.#reply(frame, "error", {
          reason: "You do not have permissions to send on this topic",
        });
      return;
    }
    const message = { topic: subscription.topic, ...parsed.data };
    this.#options.hub.publish(message, self ? undefined : subscription);
    if (ack) this.#reply(frame, "ok");
  }

  #leave(channel: string): void {
    const subscription = this.#channels.get(channel);
    if (!subscription) return;
    this.#channels.delete(channel);
    this.#options.hub.remove(subscription.topic, subscription);
  }

  #leaveAll(): void {
    for (const channel of this.#channels.keys()) this.#leave(channel);
  }

  #reply(to: Frame, status: "ok" | "error", response: Record<string, unknown> = {}): void {
    const { joinRef, ref, topic } = to;
    this.#send({ joinRef, ref, topic, event: "phx_reply", payload: { status, response } });
  }

  #send(frame: Frame): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (this.#ws.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#leaveAll();
      this.#ws.terminate();
      return;
    }
    this.#ws.send(writeFrame(frame, this.#options.version));
  }
}
