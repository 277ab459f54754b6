import type { Clock } from "@nofx/core/seams";

/** Beside a flood, what it ends and claims goes to the database so seldom at least. */
export const PACE_MS = 20;

/**
 * When the next exchange is to go. What a tenant that fills the slots has ended, and what it gets next, waits for others of its like:
 * an exchange for each of its steps would keep the database from those who have one step in a while, and nobody waits for them but
 * the flood itself, whose next steps are claimed by then.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #due: () => void;
  #sentAt = -Infinity;
  #isUrgent = false;
  #isSet = false;

  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** There is something to say that others wait for. */
  hurry(): void {
    this.#isUrgent = true;
  }

  sent(now: number): void {
    this.#sentAt = now;
    this.#isUrgent = false;
  }

  /** Whether what there is can wait; then `due` is called when it is time. */
  holds(now: number): boolean {
    const ms = this.#sentAt + PACE_MS - now;
    if (this.#isUrgent || ms <= 0) return false;
    if (!this.#isSet) {
      this.#isSet = true;
      this.#clock.timer(ms, () => {
        this.#isSet = false;
        this.#due();
      });
    }
    return true;
  }
}
