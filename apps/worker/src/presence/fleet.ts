import type { Random } from "@nofx/core/seams";

/** As many workers sweep and seal at the full pace; more of them share it. */
const AT_FULL_PACE = 4;

/** As many workers claim as often as they like; and more than so many times as much at once does not help. */
const CLAIM_FREELY = 8;
const MOST_STRETCH = 8;

/**
 * How many workers there are, as the last heartbeat heard. What every worker does for the plane, and one doing it would be enough,
 * each does the more seldom the more they are: together they keep the pace of a few.
 */
export class Fleet {
  readonly #random: Random;
  #size = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  counted(workers: number): void {
    this.#size = workers;
  }

  /** A pause that would be `ms` in a small fleet; in a large one longer, and no two of the same length. */
  pause(ms: number): number {
    if (this.#size <= AT_FULL_PACE) return ms;
    return (ms * this.#size * (0.5 + this.#random())) / AT_FULL_PACE;
  }

  /**
   * How many times as much each worker claims at once while there is plenty: a call costs the store the same whether it brings one step or
   * a hundred, so a large fleet makes about as many calls as a small one.
   */
  get stretch(): number {
    return Math.min(MOST_STRETCH, Math.max(1, this.#size / CLAIM_FREELY));
  }

  /** How long to stand back when all are woken at once: in a small fleet not at all. */
  standBack(ms: number): number {
    return this.#size <= AT_FULL_PACE ? 0 : this.pause(ms) * this.#random();
  }
}
