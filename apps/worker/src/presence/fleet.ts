import type { Random } from "@nofx/core/seams";

/** As many workers keep house, sweep and seal, at the full pace; each knows by its place among all whether it is one of them. */
const KEEPERS = 2;

/** As many workers claim as often as they like; and more than so many times as much at once does not help. */
const CLAIM_FREELY = 8;
const MOST_STRETCH = 8;
/** Together they look for steps from the first on so often at least, each of them at the latest after so long. */
const FRESH_MS = 125;
const MOST_FRESH_MS = 8_000;

/** What a worker hears of the others. */
export interface FleetCount {
  readonly workers: number;
  /** How many of them come before this one. */
  readonly rank: number;
}

/**
 * How many workers there are, and which of them this one is, as the last heartbeat heard. What every worker does for the plane, and one
 * doing it would be enough, the first few do. The others stand by: together they keep the pace of one, so that work goes on while
 * it is not noticed yet that those few are gone, and what it takes (connections, plans of statements) is not taken by each.
 */
export class Fleet {
  readonly #random: Random;
  #size = 1;
  #rank = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  counted({ workers, rank }: FleetCount): void {
    this.#size = workers;
    this.#rank = rank;
  }

  get #keepsHouse(): boolean {
    return this.#rank < KEEPERS;
  }

  /** A pause that would be `ms` if this worker were alone; of those who stand by longer, and no two of the same length. */
  pause(ms: number): number {
    return this.#keepsHouse ? ms : ms * this.#size * (0.5 + this.#random());
  }

  /** How much of the time that has passed is this worker's, for what is to happen once in a while: all of it, or its share. */
  share(ms: number): number {
    return this.#keepsHouse ? ms : ms / this.#size;
  }

  /**
   * How many times as much each worker claims at once while there is plenty: a call costs the store the same whether it brings one step or
   * a hundred, so a large fleet makes about as many calls as a small one.
   */
  get stretch(): number {
    return Math.min(MOST_STRETCH, Math.max(1, this.#size / CLAIM_FREELY));
  }

  /**
   * How often each looks for steps from the first on, in a large fleet; between, its claims go on where any worker's ended, and do not step
   * over what all the others have claimed.
   */
  get freshMs(): number | undefined {
    return this.#size <= CLAIM_FREELY ? undefined : Math.min(MOST_FRESH_MS, FRESH_MS * this.#size);
  }

  /** How long to stand back when all are woken at once: those who keep house do not. */
  standBack(ms: number): number {
    return this.#keepsHouse ? 0 : this.pause(ms) * this.#random();
  }
}
