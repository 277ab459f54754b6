import type pg from "pg";
import { verifyCredential } from "../gateway/verify-token.ts";
import type { Claims } from "../gateway/verify-token.ts";
import type { Keys } from "../gateway/keys.ts";
import { authorizeTopic } from "./authorize-topic.ts";
import type { TopicRights } from "./authorize-topic.ts";
import type { Broadcast, Listener } from "./hub.ts";

export type SubscriptionOptions = {
  /** The Phoenix topic, `realtime:<topic>`. */
  channel: string;
  joinRef: string | null;
  credential: string;
  /** The client wants its own messages back. */
  self: boolean;
  /** The client wants an answer to each message it sends. */
  ack: boolean;
  push(event: string, payload: Record<string, unknown>): void;
};

export type Refusal = { reason: string };

/**
 * One joined channel of one socket. It lives as long as its credential is valid and the policies let its bearer read the
 * topic; both are asked again from time to time, so that a member who was removed stops receiving.
 */
export class Subscription implements Listener {
  readonly topic: string;
  readonly options: SubscriptionOptions;
  #credential: string;
  #expires = Number.POSITIVE_INFINITY;
  #rights: TopicRights = { read: false, write: false };

  constructor(options: SubscriptionOptions) {
    this.options = options;
    this.topic = options.channel.replace(/^realtime:/, "");
    this.#credential = options.credential;
  }

  get mayWrite(): boolean {
    return this.#rights.write && Date.now() < this.#expires;
  }

  /** Looks up again whether the bearer may be here; with a credential, also changes to that one. */
  async authorize(
    pool: pg.Pool,
    keys: Keys,
    credential = this.#credential,
  ): Promise<Refusal | undefined> {
    const verdict = verifyCredential(credential, keys);
    if (!verdict.ok) {
      this.#rights = { read: false, write: false };
      return { reason: TOKEN_REASONS[verdict.reason] };
    }
    this.#credential = credential;
    this.#expires = expiryOf(verdict.claims);
    this.#rights = await authorizeTopic(pool, verdict.claims, this.topic);
    if (this.#rights.read) return undefined;
    return {
      reason: `Unauthorized: You do not have permissions to read from this Channel topic: ${this.topic}`,
    };
  }

  receive(message: Broadcast): void {
    if (!this.#rights.read || Date.now() >= this.#expires) return;
    const { event, payload, id } = message;
    this.options.push("broadcast", {
      type: "broadcast",
      event,
      payload,
      ...(id !== undefined && { meta: { id } }),
    });
  }
}

const TOKEN_REASONS = {
  malformed: "MalformedJWT: The token provided is not a valid JWT",
  wrong_signature: "JwtSignatureError: Failed to validate JWT signature",
  expired: "InvalidJWTToken: Token has expired",
} as const;

function expiryOf(claims: Claims): number {
  return claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1000;
}
