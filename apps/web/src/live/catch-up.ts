/** A page of the event feed, as far as catching up needs it. */
export interface FeedPage<E> {
  items: readonly (E & { seq: number })[];
  /** The newest sequence there is. */
  seq: number;
  more: boolean;
}

export interface CatchUpPort<E> {
  /** Events after a sequence; `undefined` asks for the newest sequence only. */
  fetchPage(after: number | undefined): Promise<FeedPage<E>>;
  /** Refreshes what these events and topics concern; resolves when that has arrived. */
  apply(events: readonly E[], topics: readonly string[]): Promise<void>;
  /** Refreshes everything on screen. */
  applyAll(): Promise<void>;
  onResult(ok: boolean): void;
}

export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

export interface CatchUp {
  /** There may be something new. `seq` null: a command just committed and its events are still unsealed. */
  nudge(nudge: { topic: string; seq: number | null }): void;
  /** Looks now: after (re)connecting, on focus, or when polling. */
  look(): void;
  stop(): void;
}

const COALESCE_MS = 50;
const SPACING_MS = 200;
const UNSEALED_RETRY_MS = 250;
const MAX_PAGES = 4;

/**
 * Turns nudges into one orderly catching-up: a nudge says that there is news, never what, so any number of them within
 * 50 ms cost one look at the feed, looks never overlap, and what is missed while the socket is down is found by the
 * next look, because the cursor moves only over events that were applied.
 */
export function createCatchUp<E>(port: CatchUpPort<E>, timers: Timers): CatchUp {
  let cursor: number | undefined;
  let timer: unknown;
  let running = false;
  let again = false;
  let stopped = false;
  let retried = false;
  const topics = new Set<string>();

  function schedule(ms: number): void {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    if (timer !== undefined) return;
    timer = timers.set(() => {
      timer = undefined;
      void run();
    }, ms);
  }

  async function run(): Promise<void> {
    running = true;
    const told = [...topics];
    topics.clear();
    let ok = false;
    let found = false;
    try {
      found = await lookOnce(told);
      ok = true;
    } catch {
      for (const topic of told) topics.add(topic);
    }
    running = false;
    if (stopped) return;
    port.onResult(ok);
    const unsealed = ok && !found && told.length > 0 && !retried;
    retried = unsealed;
    if (again) {
      again = false;
      schedule(SPACING_MS);
    } else if (unsealed) {
      schedule(UNSEALED_RETRY_MS);
    }
  }

  /** True when the feed had something. */
  async function lookOnce(told: readonly string[]): Promise<boolean> {
    if (cursor === undefined) {
      const { seq } = await port.fetchPage(undefined);
      await port.applyAll();
      cursor = seq;
      return true;
    }
    let found = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { items, seq, more } = await port.fetchPage(cursor);
      found += items.length;
      if (items.length > 0 || (page === 0 && told.length > 0)) {
        await port.apply(items, page === 0 ? told : []);
      }
      cursor = Math.max(cursor, more ? (items.at(-1)?.seq ?? cursor) : seq);
      if (!more) return found > 0;
    }
    const { seq } = await port.fetchPage(undefined);
    await port.applyAll();
    cursor = seq;
    return true;
  }

  return {
    nudge({ topic, seq }) {
      if (seq !== null && cursor !== undefined && seq <= cursor) return;
      if (seq === null) {
        topics.add(topic);
        retried = false;
      }
      schedule(COALESCE_MS);
    },
    look: () => schedule(0),
    stop() {
      stopped = true;
      if (timer !== undefined) timers.clear(timer);
    },
  };
}
