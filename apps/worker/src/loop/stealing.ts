import type { Routing } from "../transports/transport.ts";

/** Its own tenants have had nothing for so long: it helps the others. */
const NOTHING_FOR_MS = 1_000;

/**
 * Whether a worker with tenants of its own looks among those of others: where its own have had nothing for a second. Then it looks at
 * both in turns.
 */
export class Stealing {
  readonly #others: Routing | undefined;
  #lastOwn: number;
  #emptyOwn = false;

  constructor(own: Routing, options: { steal: boolean; now: number }) {
    const { queues, tenants, shard } = own;
    const hasOwn = tenants !== undefined || shard !== undefined;
    const others = queues === undefined ? {} : { queues };
    this.#others = hasOwn && options.steal ? others : undefined;
    this.#lastOwn = options.now;
  }

  /** Where to look now; undefined: among its own. */
  routing(now: number): Routing | undefined {
    const isTurn = this.#emptyOwn && now - this.#lastOwn >= NOTHING_FOR_MS;
    return isTurn ? this.#others : undefined;
  }

  /** What came of a look; true: there is another place to look at, at once. */
  looked(routing: Routing | undefined, claimed: number, now: number): boolean {
    const isOwn = routing === undefined;
    if (isOwn && claimed > 0) this.#lastOwn = now;
    this.#emptyOwn = isOwn && claimed === 0;
    return this.routing(now) !== undefined;
  }
}
