import { createBell, type Doorbell, type WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import { EVERY_LANE, type Channel } from "./channel.ts";
import { laneName, type Lane } from "./lane.ts";
import { openLaneQueue, type LaneQueue } from "./lane-queue.ts";
import type { RedisLink } from "./redis-link.ts";
import { Window } from "./window.ts";

/** How many hints a lane holds, about. */
const HINTS = 256;
const BUSY_MS = 20;
const PAUSE_MS = 3;
/** A lane that no worker has asked of for so long is cleared away. */
const FORGOTTEN_MS = 15_000;

interface OpenLane {
  readonly lane: Lane;
  readonly queue: LaneQueue;
  readonly window: Window;
  askedAt: number;
  lookedAt: number;
  /** Whether the last look found more than a lane holds. */
  full: boolean;
  after: string | null;
}

export interface DispatcherOptions {
  readonly engine: Pick<WorkerEngine, "dispatchable">;
  readonly doorbell: Doorbell;
  readonly link: RedisLink;
  readonly channel: () => Channel | undefined;
  readonly clock: Clock;
  /** Between two looks that nobody asked for: steps become due without a ring. */
  readonly idleMs: number;
  readonly onDispatched: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps in Redis, for each lane that workers ask of, hints of the steps that are to be claimed next. One process does it at a
 * time; a second one would cost work and change nothing.
 *
 * Woken by the doorbell (new steps), by workers that want more, and by time. It remembers what it has put there, so an emptied
 * Redis is filled again; what it forgets with its process, its successor clears away and reads anew.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes = new Map<string, OpenLane>();
  readonly #bell;
  #asked: Lane[] = [];
  #leads = false;
  /** There may be steps that it has not seen. */
  #news = true;
  #greeted = false;
  /** Of an outage the first error is told. */
  #well = true;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#bell = createBell(options.clock);
  }

  /** A worker of this lane wants more. */
  wanted(lane: Lane): void {
    if (!this.#leads) return;
    this.#asked.push(lane);
    this.#bell.ring();
  }

  /** Until `signal` fires. */
  async lead(signal: AbortSignal): Promise<void> {
    const { clock, idleMs, link } = this.#options;
    this.#leads = true;
    this.#greeted = false;
    const listening = this.#listen(signal);
    while (!signal.aborted) {
      const since = this.#bell.rings;
      let full = false;
      if (link.up) full = await this.#round();
      else this.#forget();
      await clock.sleep(PAUSE_MS, signal);
      await this.#bell.wait({ since, ms: full ? BUSY_MS : idleMs, signal });
    }
    this.#leads = false;
    await listening;
    this.#forget();
  }

  /** What is in a Redis that was away is not known. */
  #forget(): void {
    for (const name of this.#lanes.keys()) this.#shut(name);
    this.#greeted = false;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { doorbell } = this.#options;
    while (!signal.aborted) {
      const since = doorbell.rings;
      await doorbell.wait({ since, ms: 60_000, signal });
      if (doorbell.rings === since) continue;
      this.#news = true;
      this.#bell.ring();
    }
  }

  /** Answers whether there is more than the lanes hold. */
  async #round(): Promise<boolean> {
    const { channel, clock, onError } = this.#options;
    let full = false;
    const news = this.#news;
    this.#news = false;
    if (!this.#greeted) {
      // a worker that has asked before asked somebody else
      channel()?.ready(EVERY_LANE);
      this.#greeted = channel() !== undefined;
    }
    for (const lane of this.#asked.splice(0)) await this.#open(lane);
    for (const [name, open] of this.#lanes) {
      try {
        if (clock.now() - open.askedAt > FORGOTTEN_MS) {
          await open.queue.clear();
          this.#shut(name);
        } else {
          if (await this.#look(name, open, news)) full = true;
          this.#well = true;
        }
      } catch (error) {
        if (this.#well) onError(error);
        this.#well = false;
        this.#shut(name);
      }
    }
    return full;
  }

  async #open(lane: Lane): Promise<void> {
    const { clock, link, onError } = this.#options;
    const name = laneName(lane);
    const open = this.#lanes.get(name);
    if (open !== undefined) {
      open.askedAt = clock.now();
      return;
    }
    const queue = openLaneQueue(name, link.redis, () => {});
    try {
      // what another leader has left here
      await queue.clear();
      const askedAt = clock.now();
      const fresh = { askedAt, lookedAt: -Infinity, full: false, after: null };
      this.#lanes.set(name, { lane, queue, window: new Window(), ...fresh });
    } catch (error) {
      if (this.#well) onError(error);
      this.#well = false;
      queue.close().catch(() => {});
    }
  }

  #shut(name: string): void {
    const open = this.#lanes.get(name);
    this.#lanes.delete(name);
    open?.queue.close().catch(() => {});
  }

  async #look(name: string, open: OpenLane, news: boolean): Promise<boolean> {
    const { clock, channel, engine, onDispatched } = this.#options;
    const { lane, queue, window, after } = open;
    const soon = clock.now() - open.lookedAt < BUSY_MS;
    if ((!news || (soon && open.full)) && (await queue.count()) > HINTS / 2) {
      this.#news ||= news;
      return true;
    }
    open.lookedAt = clock.now();
    const [found, ids] = await Promise.all([
      engine.dispatchable({ ...lane, after, limit: HINTS }),
      queue.waiting(),
    ]);
    const waiting = new Set(ids);
    open.after = found.after;
    const cut = found.after !== null || found.steps.length >= HINTS;
    const all = after === null && !cut;
    open.full = cut;
    const now = clock.now();
    let plan = window.plan({ ready: found.steps, all, waiting, now });
    if (plan === undefined) {
      await queue.clear();
      window.forget();
      plan = window.plan({ ready: found.steps, all, waiting: new Set(), now });
    }
    if (plan === undefined) return true;
    await Promise.all([queue.move(plan.move), queue.drop(plan.drop)]);
    if (plan.add.length > 0) {
      await queue.add(plan.add);
      channel()?.ready(name);
      onDispatched(plan.add.length);
    }
    return cut;
  }
}
