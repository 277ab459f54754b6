import type { Nudge } from "@nofx/control/steps";

const PAUSE_MS = 100;

/** Says what is new on each topic: at once, then at most every 100 ms, and always the newest at last. */
export class Nudger {
  readonly #send: (nudges: Nudge[]) => Promise<void>;
  readonly #pending = new Map<string, number>();
  readonly #quietUntil = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (nudges: Nudge[]) => Promise<void>) {
    this.#send = send;
  }

  push(topic: string, seq: number): void {
    this.#pending.set(topic, Math.max(seq, this.#pending.get(topic) ?? 0));
  }

  /** Sends what may be said now, and sees to the rest when its pause is over. */
  async flush(): Promise<void> {
    const now = performance.now();
    for (const [topic, until] of this.#quietUntil) {
      if (until <= now) this.#quietUntil.delete(topic);
    }
    const due = [...this.#pending].filter(([topic]) => !this.#quietUntil.has(topic));
    for (const [topic] of due) {
      this.#pending.delete(topic);
      this.#quietUntil.set(topic, now + PAUSE_MS);
    }
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.#later(), PAUSE_MS);
    if (due.length > 0) await this.#send(due.map(([topic, seq]) => ({ topic, seq })));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #later(): Promise<void> {
    this.#timer = undefined;
    await this.flush();
  }
}
