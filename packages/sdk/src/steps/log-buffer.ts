import { MAX_LOG_LINES, MAX_LOG_TEXT, type LogLevel, type LogLine } from "@nofx/core/contract";
import type { CallOptions, Clock } from "../client/index.ts";
import { storable } from "../schema/index.ts";
import type { StepCalls } from "./step-calls.ts";

const FLUSH_MS = 500;
const MAX_WAITING = 5_000;
const PATIENCE_MS = 10_000;

type SendOptions = Pick<CallOptions, "giveUpAt" | "signal" | "timeoutMs">;

/**
 * Lines wait at most half a second and leave in batches, in order. A log never fails the step and never grows without
 * bound: when the server does not keep up, the oldest lines go, and a line says how many.
 */
export class LogBuffer {
  readonly #calls: StepCalls;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #waiting: LogLine[] = [];
  #dropped = 0;
  #seq = 0;
  #sending: Promise<void> | undefined;
  #scheduled = false;

  constructor(calls: StepCalls, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  add(text: string, level: LogLevel): void {
    if (this.#ended.signal.aborted) return;
    const at = new Date(this.#clock.now()).toISOString();
    for (const part of split(storable(text))) {
      this.#waiting.push({ seq: this.#seq++, at, level, text: part });
    }
    const over = this.#waiting.length - MAX_WAITING;
    if (over > 0) {
      this.#waiting.splice(0, over);
      this.#dropped += over;
    }
    if (!this.#scheduled) void this.#flushSoon();
  }

  async #flushSoon(): Promise<void> {
    this.#scheduled = true;
    await this.#clock.sleep(FLUSH_MS, this.#ended.signal);
    this.#scheduled = false;
    await this.flush();
  }

  /** Sends what is waiting; returns when it is stored or cannot be. */
  async flush(options: SendOptions = {}): Promise<void> {
    while (this.#sending) await this.#sending;
    if (this.#waiting.length === 0) return;
    this.#sending = this.#send(options).finally(() => {
      this.#sending = undefined;
    });
    await this.#sending;
  }

  /** No line is taken after this. */
  async close(options: SendOptions = {}): Promise<void> {
    this.#ended.abort();
    await this.flush(options);
  }

  async #send(options: SendOptions): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0, MAX_LOG_LINES);
      const first = lines[0];
      if (this.#dropped > 0 && first) {
        lines[0] = {
          ...first,
          text: `(${this.#dropped} lines dropped) ${first.text}`.slice(0, MAX_LOG_TEXT),
        };
        this.#dropped = 0;
      }
      try {
        const giveUpAt = this.#clock.now() + PATIENCE_MS;
        await this.#calls.call("logs", { lines }, { giveUpAt, timeoutMs: PATIENCE_MS, ...options });
      } catch {
        // Lost lines are the lesser harm; whatever is wrong will show in the call that settles the step.
        return;
      }
    }
  }
}

function split(text: string): string[] {
  if (text.length <= MAX_LOG_TEXT) return [text];
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + MAX_LOG_TEXT, text.length);
    // Never between the halves of a surrogate pair.
    if (to < text.length && /[\ud800-\udbff]/.test(text.charAt(to - 1))) to -= 1;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}
