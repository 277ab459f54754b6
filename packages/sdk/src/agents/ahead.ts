/** What takes longer than this is not claimed ahead: another agent could begin it sooner. */
const SHORT_MS = 1_000;
/** A capability that nothing ended of for so long says nothing any more. */
const FORGET_MS = 60_000;

interface Known {
  /** Rises with each long one at once, falls slowly. */
  ms: number;
  at: number;
}

/**
 * How many steps to hold beyond the slots, so that short ones keep them busy while the next claim is under way: as many
 * as begin within two round trips, and within a third of the lease whatever else; none where any capability lately took long.
 */
export class Ahead {
  readonly #slots: number;
  readonly #most: number;
  readonly #known = new Map<string, Known>();
  #roundTripMs = 0;

  constructor(options: { slots: number; most: number }) {
    this.#slots = options.slots;
    this.#most = options.most;
  }

  ended(capability: string, ms: number, now: number): void {
    const known = this.#known.get(capability);
    const slower = known === undefined || ms > known.ms;
    this.#known.set(capability, { ms: slower ? ms : known.ms * 0.9 + ms * 0.1, at: now });
  }

  /** A claim got all that it asked for after so long. It may have waited for it: what is long is believed slowly. */
  answered(ms: number): void {
    const most = this.#roundTripMs === 0 ? SHORT_MS : this.#roundTripMs * 1.2 + 1;
    this.#roundTripMs = Math.min(ms, most);
  }

  count(leaseMs: number, now: number): number {
    let slowest = 0;
    let any = false;
    for (const [capability, known] of this.#known) {
      if (now - known.at > FORGET_MS) this.#known.delete(capability);
      else {
        any = true;
        slowest = Math.max(slowest, known.ms);
      }
    }
    if (!any || slowest > SHORT_MS) return 0;
    const withinMs = Math.min(leaseMs / 3, 2 * this.#roundTripMs);
    return Math.min(this.#most, Math.floor((this.#slots * withinMs) / Math.max(slowest, 0.1)));
  }
}
