import type { Clock, Random } from "@nofx/core/seams";
import { agentWork, keysToCheck } from "@nofx/db/leases";
import type { Plane } from "../command/plane.ts";
import { pollMs, silentDoorbell, type Doorbell } from "./doorbell.ts";

/** However often it rings, the store is asked this often at most. */
const PACE_MS = 20;
/** Where steps were there and whoever was woken could not have them, others are woken this much later, then later still. */
const AGAIN_MS = 100;
/** A key that is revoked while its claim waits is told so within this time. */
const CHECK_MS = 3_000;

export interface Wait {
  readonly tenantId: string;
  readonly agentId: string;
  readonly capabilities: readonly string[];
  /** How many steps it would take. */
  readonly max: number;
  readonly keyId: string;
  /** Rings heard before it looked for work itself. */
  readonly since: number;
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter extends Wait {
  readonly leave: (why: Woken) => void;
}

/** `key`: what it shows for itself may be good no longer. */
export type Woken = "work" | "key" | "time";

/**
 * Where claims wait for work, all of one process. One look in the store for all of them finds what is there, and as many are
 * let go as it is worth, who came first before the others; a thousand that wait cost as much as one.
 */
export interface WaitingRoom {
  /** Until there may be something for it, its key is to be checked again, `ms` pass or `signal` fires. Never throws. */
  wait(wait: Wait): Promise<Woken>;
}

const rooms = new WeakMap<Plane, Map<Doorbell | undefined, WaitingRoom>>();

/** The one of this process. */
export function waitingRoom(plane: Plane, doorbell: Doorbell | undefined): WaitingRoom {
  const known = rooms.get(plane) ?? new Map<Doorbell | undefined, WaitingRoom>();
  rooms.set(plane, known);
  let room = known.get(doorbell);
  if (room === undefined) {
    room = new Room(plane, doorbell ?? silentDoorbell(plane.clock));
    known.set(doorbell, room);
  }
  return room;
}

class Room implements WaitingRoom {
  readonly #plane: Plane;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #doorbell: Doorbell;
  /** In the order in which they came. */
  readonly #waiters = new Set<Waiter>();
  #running = false;
  /** Somebody looked before the last ring: what it rang for may be there. */
  #isMissed = false;
  #wake = new AbortController();
  #checkAt = 0;

  constructor(plane: Plane, doorbell: Doorbell) {
    this.#plane = plane;
    this.#clock = plane.clock;
    this.#random = plane.random;
    this.#doorbell = doorbell;
  }

  wait(wait: Wait): Promise<Woken> {
    if (wait.signal?.aborted === true) return Promise.resolve("time");
    return new Promise((resolve) => {
      const leave = (why: Woken) => {
        cancel();
        this.#waiters.delete(waiter);
        wait.signal?.removeEventListener("abort", end);
        if (this.#waiters.size === 0) this.#wake.abort();
        resolve(why);
      };
      const end = () => leave("time");
      const cancel = this.#clock.timer(wait.ms, end);
      const waiter: Waiter = { ...wait, leave };
      wait.signal?.addEventListener("abort", end, { once: true });
      this.#waiters.add(waiter);
      if (wait.since !== this.#doorbell.rings) {
        this.#isMissed = true;
        this.#wake.abort();
      }
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    let since = this.#doorbell.rings;
    let againMs = AGAIN_MS;
    let found = false;
    this.#checkAt = this.#clock.now() + CHECK_MS;
    while (this.#waiters.size > 0) {
      if (!this.#isMissed) {
        this.#wake = new AbortController();
        const ms = found ? Math.min(againMs, pollMs(this.#random)) : pollMs(this.#random);
        await this.#doorbell.wait({ since, ms, signal: this.#wake.signal });
      }
      if (this.#waiters.size === 0) break;
      const hasRung = this.#isMissed || since !== this.#doorbell.rings;
      this.#isMissed = false;
      since = this.#doorbell.rings;
      found = await this.#letGo();
      againMs = hasRung ? AGAIN_MS : againMs * 2;
      await this.#checkKeys();
      await this.#clock.sleep(PACE_MS);
    }
    this.#running = false;
  }

  /** One look for all; answers whether there was anything. */
  async #letGo(): Promise<boolean> {
    const wanted = new Map<string, { tenantId: string; capability: string }>();
    for (const { tenantId, capabilities } of this.#waiters) {
      for (const capability of capabilities) {
        wanted.set(`${tenantId}/${capability}`, { tenantId, capability });
      }
    }
    try {
      const rows = await agentWork(this.#plane.pool, [...wanted.values()]);
      if (rows.length === 0) return false;
      const left = new Map(
        rows
          .filter(({ ready }) => ready > 0)
          .map((row) => [`${row.tenantId}/${row.capability}`, row.ready]),
      );
      const meant = new Map(
        rows.flatMap(({ tenantId, capability, meant: of }) =>
          Object.entries(of).map(([agentId, ready]) => [
            `${agentId}/${tenantId}/${capability}`,
            ready,
          ]),
        ),
      );
      for (const waiter of this.#waiters) {
        if (takeFrom(meant, waiter, `${waiter.agentId}/`)) waiter.leave("work");
        else if (takeFrom(left, waiter)) waiter.leave("work");
        if (left.size + meant.size === 0) break;
      }
      return true;
    } catch {
      // who waits looks again by itself when its time is over, and hears then what is wrong
      return false;
    }
  }

  async #checkKeys(): Promise<void> {
    const now = this.#clock.now();
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_MS;
    try {
      const keys = new Set([...this.#waiters].map(({ keyId }) => keyId));
      const out = new Set(await keysToCheck(this.#plane.pool, [...keys]));
      for (const waiter of this.#waiters) if (out.has(waiter.keyId)) waiter.leave("key");
    } catch {
      // as above
    }
  }
}

/** Counts off what this one may take; false where nothing is left for it. */
function takeFrom(
  left: Map<string, number>,
  { tenantId, capabilities, max }: Waiter,
  prefix = "",
): boolean {
  let room = max;
  for (const capability of capabilities) {
    const key = `${prefix}${tenantId}/${capability}`;
    const ready = left.get(key);
    if (ready === undefined || room === 0) continue;
    if (ready > room) left.set(key, ready - room);
    else left.delete(key);
    room -= Math.min(ready, room);
  }
  return room < max;
}
