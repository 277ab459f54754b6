/** What takes longer than this, of what ended last of its kind, is not claimed ahead. */
const LONG_SHARE = 0.5;
/** A kind that nothing ended of for so long says nothing any more. */
const FORGET_MS = 10_000;
/** How fast the worker is, is looked at so often at most. */
const LOOK_MS = 10;
/** An answer that took longer says nothing of how fast the store is. */
const SLOWEST_MS = 1_000;
/** What a store that is not slow takes for a step, about. */
const STEP_MS = 0.2;

interface Kind {
  /** Rises with each long one at once, falls slowly. */
  ms: number;
  at: number;
}

/**
 * How many steps to claim beyond the free slots, so that short ones keep them busy while an answer is under way: as many as will
 * begin within `withinMs`, going by how long each kind took lately and by how many ended a second; none where any kind is long.
 *
 * Where answers are slow, because many workers ask, few steps end a second for want of claims alone. So what ends while two answers
 * come counts too: claims grow from one to the next until the slots are what is short, or the store answers soon.
 */
export class Ahead {
  readonly #slots: number;
  readonly #most: number;
  readonly #withinMs: number;
  readonly #kinds = new Map<string, Kind>();
  #ended = 0;
  #since = 0;
  #perMs = 0;
  #answerMs = 0;

  constructor(options: { slots: number; most: number; withinMs: number }) {
    this.#slots = options.slots;
    this.#most = options.most;
    this.#withinMs = options.withinMs;
  }

  ended(name: string, ms: number, now: number): void {
    this.#ended += 1;
    const kind = this.#kinds.get(name);
    if (kind === undefined) {
      this.#kinds.set(name, { ms, at: now });
      return;
    }
    kind.ms = ms > kind.ms ? ms : kind.ms * 0.9 + ms * 0.1;
    kind.at = now;
  }

  /** An exchange that claimed so many was answered after so long; what the many themselves take is not slowness. */
  answered(ms: number, claimed: number): void {
    const beside = Math.max(0, Math.min(ms, SLOWEST_MS) - claimed * STEP_MS);
    this.#answerMs += (beside - this.#answerMs) / 4;
  }

  /** Whether anything may be claimed ahead. */
  get isAllowed(): boolean {
    return this.#most > 0;
  }

  /** Whether answers take longer than what is claimed ahead is to last. */
  get isStoreSlow(): boolean {
    return this.#answerMs > this.#withinMs;
  }

  /** With `free` slots free; `stretch` times what is said lasts as long, where there is plenty for all. */
  count(free: number, now: number, stretch = 1): number {
    if (this.#most === 0) return 0;
    this.#measure(now);
    let longest = -1;
    for (const [name, { ms, at }] of this.#kinds) {
      if (now - at > FORGET_MS) this.#kinds.delete(name);
      else if (ms > longest) longest = ms;
    }
    if (longest < 0 || longest > this.#withinMs * LONG_SHARE) return 0;
    const withinMs = this.#withinMs * stretch;
    const bySlots = (this.#slots * withinMs) / Math.max(longest, 0.01);
    const bySpeed = Math.max(free, this.#perMs * (withinMs + 2 * this.#answerMs));
    return Math.floor(Math.min(this.#most, bySlots, bySpeed));
  }

  /** How many slots come free within this time, going by how many steps ended a second; no more than may be claimed ahead. */
  ending(withinMs: number, now: number): number {
    this.#measure(now);
    return Math.floor(Math.min(this.#most, this.#perMs * withinMs));
  }

  #measure(now: number): void {
    const passed = now - this.#since;
    if (passed < Math.max(LOOK_MS, this.#answerMs)) return;
    const perMs = this.#ended / passed;
    const isRising = this.isStoreSlow && perMs > this.#perMs;
    this.#perMs = isRising || passed > 1_000 ? perMs : (this.#perMs + perMs) / 2;
    this.#ended = 0;
    this.#since = now;
  }
}
