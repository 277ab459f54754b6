/** A tenant whose steps came by within this time may send more. */
const AROUND_MS = 10_000;
/** With fewer slots than this, none is spared. */
const FEWEST_SLOTS = 5;

/**
 * Slots that are kept for whoever comes next. Where several tenants are served, none gets the last tenth of a worker's slots: so
 * the step of a tenant that sends little begins at once, beside one that would fill all slots for as long as its steps
 * take. Where only one tenant is about, all slots are its own.
 */
export class SpareSlots {
  readonly #most: number;
  /** How many slots each tenant has, and all together. */
  readonly #started = new Map<string, number>();
  #all = 0;
  /** The one that has all it gets: there is room for one such. */
  #full: string | undefined;
  /** The two that were here last. */
  #last: { id: string; at: number } | undefined;
  #before: { id: string; at: number } | undefined;

  constructor(slots: number) {
    this.#most = slots < FEWEST_SLOTS ? Infinity : slots - Math.max(1, Math.floor(slots / 10));
  }

  /** A step of this tenant was claimed. */
  came(tenantId: string, now: number): void {
    if (this.#last?.id === tenantId) {
      this.#last.at = now;
      return;
    }
    this.#before = this.#last;
    this.#last = { id: tenantId, at: now };
  }

  started(tenantId: string): void {
    const started = (this.#started.get(tenantId) ?? 0) + 1;
    this.#started.set(tenantId, started);
    this.#all += 1;
    if (started >= this.#most) this.#full = tenantId;
  }

  ended(tenantId: string, now: number): void {
    const started = (this.#started.get(tenantId) ?? 0) - 1;
    if (started > 0) this.#started.set(tenantId, started);
    else this.#started.delete(tenantId);
    this.#all -= 1;
    if (this.#full === tenantId && started < this.#most) this.#full = undefined;
    this.came(tenantId, now);
  }

  /** The tenant that gets no more slots for now, if there is one. */
  full(now: number): string | undefined {
    const full = this.#full;
    if (full === undefined) return undefined;
    const others = this.#all > (this.#started.get(full) ?? 0);
    const recent = (one: { id: string; at: number } | undefined) =>
      one !== undefined && one.id !== full && now - one.at <= AROUND_MS;
    return others || recent(this.#last) || recent(this.#before) ? full : undefined;
  }
}
