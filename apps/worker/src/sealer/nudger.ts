import type { Nudge } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";

const PAUSE_MS = 100;

/** Says what is new on each topic: at once, then at most every 100 ms, and always the newest at last. */
export class Nudger {
  readonly #clock: Clock;
  readonly #send: (nudges: Nudge[]) => Promise<void>;
  readonly #pending = new Map<string, number>();
  readonly #quietUntil = new Map<string, number>();
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, send: (nudges: Nudge[]) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  push(topic: string, seq: number): void {
    this.#pending.set(topic, Math.max(seq, this.#pending.get(topic) ?? 0));
  }

  /** Sends what may be said now, and sees to the rest when its pause is over. */
  async flush(): Promise<void> {
    const now = this.#clock.now();
    for (const [topic, until] of this.#quietUntil) {
      if (until <= now) this.#quietUntil.delete(topic);
    }
    const due = [...this.#pending].filter(([topic]) => !this.#quietUntil.has(topic));
    for (const [topic] of due) {
      this.#pending.delete(topic);
      this.#quietUntil.set(topic, now + PAUSE_MS);
    }
    if (this.#pending.size > 0) {
      this.#cancelTimer ??= this.#clock.timer(PAUSE_MS, () => void this.#later());
    }
    if (due.length > 0) await this.#send(due.map(([topic, seq]) => ({ topic, seq })));
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  async #later(): Promise<void> {
    this.#cancelTimer = undefined;
    await this.flush();
  }
}
