interface Lane<T> {
  readonly tenantId: string;
  items: T[];
  next: number;
}

/** Claims that wait for a free slot: tenants take turns, those of one tenant in the order of their coming. */
export class ReadyQueue<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  /** Whose turn it is: the first. */
  #turns: Lane<T>[] = [];
  #at = 0;
  #size = 0;

  /** How many there are, those that were given up among them. */
  get size(): number {
    return this.#size;
  }

  push(tenantId: string, item: T): void {
    let lane = this.#lanes.get(tenantId);
    if (lane === undefined) {
      lane = { tenantId, items: [], next: 0 };
      this.#lanes.set(tenantId, lane);
      this.#turns.push(lane);
    }
    lane.items.push(item);
    this.#size += 1;
  }

  /** How many of this tenant, likewise. */
  of(tenantId: string): number {
    const lane = this.#lanes.get(tenantId);
    return lane === undefined ? 0 : lane.items.length - lane.next;
  }

  /** The next one, of another tenant than these. */
  shift(except?: ReadonlySet<string>): T | undefined {
    if (except !== undefined && except.size > 0) this.#pass(except);
    const lane = this.#turns[this.#at];
    if (lane === undefined || except?.has(lane.tenantId) === true) return undefined;
    this.#at += 1;
    const item = lane.items[lane.next];
    lane.next += 1;
    this.#size -= 1;
    if (lane.next === lane.items.length) this.#lanes.delete(lane.tenantId);
    else this.#turns.push(lane);
    if (this.#at === this.#turns.length) {
      this.#turns = [];
      this.#at = 0;
    } else if (this.#at > 1_000) {
      this.#turns = this.#turns.slice(this.#at);
      this.#at = 0;
    }
    return item;
  }

  /** Lets tenants whose turn it is wait for those behind them; there is one lane a tenant. */
  #pass(tenants: ReadonlySet<string>): void {
    for (let left = Math.min(tenants.size, this.#turns.length - this.#at - 1); left > 0; left--) {
      const lane = this.#turns[this.#at];
      if (lane === undefined || !tenants.has(lane.tenantId)) return;
      this.#at += 1;
      this.#turns.push(lane);
    }
  }
}
