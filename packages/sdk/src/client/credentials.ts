import { AGENT_KEY_PREFIX, type TokenResponse } from "@nofx/core/contract";
import { NofxApiError } from "../errors/index.ts";
import { systemClock, type Clock } from "./clock.ts";

/** A plane that issues no tokens is asked again this much later; one that could not just now, sooner. */
const NONE_MS = 600_000;
const TROUBLE_MS = 30_000;
/** A token is not sent in its last seconds: on its way it could grow too old. */
const MARGIN_MS = 5_000;

export interface CredentialsOptions {
  /** The agent's key; a token is sent as it is. */
  key: string;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  /** `POST /token` with the key. */
  exchange: () => Promise<TokenResponse>;
}

interface Token {
  readonly bearer: string;
  readonly renewAt: number;
  readonly endsAt: number;
}

/**
 * What a client shows for itself: a short-lived token, so that the key travels once in minutes and not with every call. It
 * is exchanged beside the calls, ahead of the end of the one before and not by all agents at once: no call waits for it.
 * Where there is no token the key is shown.
 */
export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #exchanges: boolean;
  #token: Token | undefined;
  #exchanging = false;
  #notBefore = 0;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#exchanges = options.key.startsWith(AGENT_KEY_PREFIX);
  }

  bearer(): string {
    const { key } = this.#options;
    if (!this.#exchanges) return key;
    const now = this.#clock.now();
    const token = this.#token;
    const isDue = token === undefined || now >= token.renewAt;
    if (isDue && !this.#exchanging && now >= this.#notBefore) void this.#exchange();
    return token !== undefined && now < token.endsAt - MARGIN_MS ? token.bearer : key;
  }

  /** The plane refused it. True when another try shows something else. */
  refused(bearer: string): boolean {
    if (bearer === this.#options.key) return false;
    if (this.#token?.bearer === bearer) this.#token = undefined;
    return true;
  }

  async #exchange(): Promise<void> {
    const sentAt = this.#clock.now();
    this.#exchanging = true;
    try {
      const { token, expiresAt } = await this.#options.exchange();
      const lifeMs = lifeOf(token) ?? Date.parse(expiresAt) - sentAt;
      this.#token = {
        bearer: token,
        renewAt: sentAt + lifeMs * (0.5 + this.#random() / 4),
        endsAt: sentAt + lifeMs,
      };
    } catch (error) {
      const none = NofxApiError.is(error) && (error.status === 404 || error.status === 405);
      this.#notBefore = sentAt + (none ? NONE_MS : TROUBLE_MS) * (0.5 + this.#random() / 2);
    } finally {
      this.#exchanging = false;
    }
  }
}

/** How long a token lives, by its own account: the clocks of both sides need not agree. */
function lifeOf(token: string): number | undefined {
  try {
    const [, payload = ""] = token.split(".");
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const { iat, exp } = JSON.parse(text) as { iat?: unknown; exp?: unknown };
    return typeof iat === "number" && typeof exp === "number" ? (exp - iat) * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
