/** A tenant whose steps came by within this time may send more. */
const AROUND_MS = 10_000;
/** With fewer slots than this, none is spared. */
const FEWEST_SLOTS = 5;
const NOBODY: ReadonlySet<string> = new Set();

/**
 * Slots that are kept for whoever comes next. Where several tenants are served, the last tenth of a worker's free slots goes to those
 * that have less than a tenth of them running, or one: so the step of a tenant that sends little begins at once, beside any that
 * would fill all slots for as long as their steps take. Where only one tenant is about, all slots are its own.
 */
export class SpareSlots {
  readonly #slots: number;
  readonly #spare: number;
  /** Who has so many running gets none of what is kept. */
  readonly #much: number;
  /** How many slots each tenant has, and all together. */
  readonly #started = new Map<string, number>();
  #all = 0;
  readonly #large = new Set<string>();
  /** The two that were here last. */
  #last: { id: string; at: number } | undefined;
  #before: { id: string; at: number } | undefined;

  constructor(slots: number) {
    this.#slots = slots;
    this.#spare = slots < FEWEST_SLOTS ? 0 : Math.max(1, Math.floor(slots / 10));
    this.#much = Math.max(2, this.#spare);
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
    if (started >= this.#much) this.#large.add(tenantId);
  }

  ended(tenantId: string, now: number): void {
    const started = (this.#started.get(tenantId) ?? 0) - 1;
    if (started > 0) this.#started.set(tenantId, started);
    else this.#started.delete(tenantId);
    this.#all -= 1;
    if (started < this.#much) this.#large.delete(tenantId);
    this.came(tenantId, now);
  }

  /** How many slots are kept now. */
  kept(now: number): number {
    return this.#spare > 0 && this.#severalAround(now) ? this.#spare : 0;
  }

  /** The tenants that get none of the slots that are kept now. */
  large(now: number): ReadonlySet<string> {
    return this.kept(now) > 0 ? this.#large : NOBODY;
  }

  /** The tenants of which nothing may start now. */
  full(now: number): ReadonlySet<string> {
    return this.#slots - this.#all <= this.#spare ? this.large(now) : NOBODY;
  }

  #severalAround(now: number): boolean {
    if (this.#started.size > 1) return true;
    const isAround = (one: { id: string; at: number } | undefined) =>
      one !== undefined && (now - one.at <= AROUND_MS || this.#started.has(one.id));
    if (isAround(this.#last) && isAround(this.#before)) return true;
    // what has run for long may be neither of the two
    return (
      this.#started.size === 1 && isAround(this.#last) && !this.#started.has(this.#last?.id ?? "")
    );
  }
}
