import { withLeadership } from "@nofx/control/leadership";
import { createBell, type Doorbell, type Route, type WorkerEngine } from "@nofx/control/steps";
import type { Seams } from "@nofx/core/seams";
import { EVERY_LANE, openChannel, type Channel } from "./channel.ts";
import { Dispatcher } from "./dispatcher.ts";
import { laneName, lanesOf, type Lane } from "./lane.ts";
import { openLaneTaker, type LaneTaker } from "./lane-queue.ts";
import { openLink } from "./redis-link.ts";
import type { Routing, Transport } from "./transport.ts";

/** A worker that finds no hint looks for itself so often: nothing depends on Redis, or on the dispatcher, for longer. */
const DIRECT_MS = 1_000;
/** What Redis has not answered by then is not waited for: settlements wait for the route. */
const ANSWER_MS = 3_000;
const DISPATCH_MS = 250;
const SAY_MS = 5;

export interface BullOptions {
  readonly url: string;
  /** A direct connection to Postgres: the dispatcher's leadership is a session's. */
  readonly connectionString: string;
  readonly worker: string;
  readonly engine: Pick<WorkerEngine, "dispatchable">;
  readonly doorbell: Doorbell;
  readonly handlers: readonly string[];
  readonly routing?: Routing;
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly onUp?: (up: boolean) => void;
  readonly onHints?: (what: "dispatched" | "taken" | "stale", count: number) => void;
  readonly onError: (error: unknown) => void;
  /** Infinity: never look without a hint, while Redis is up. */
  readonly directMs?: number;
  /** Likewise for the dispatcher. */
  readonly dispatchMs?: number;
}

/**
 * Redis (BullMQ) carries ids of steps that may be claimed; whoever takes one claims the step in Postgres, as always. While Redis is
 * away the worker claims as the Postgres transport does. Throws where Redis answers and cannot be used.
 */
export async function createBullTransport(options: BullOptions): Promise<Transport> {
  const { doorbell, engine, handlers, routing: own = {}, onError, onUp, onHints } = options;
  const { directMs = DIRECT_MS, dispatchMs = DISPATCH_MS, seams } = options;
  const { clock, random } = seams;
  const bell = createBell(clock);
  const closing = new AbortController();
  const takers = new Map<string, LaneTaker>();
  const ours = new Set<string>();
  let channel: Channel | undefined;
  let cursor: Route["cursor"];
  let lookedAt = clock.now();
  let hungry: readonly Lane[] = [];
  let saidAt = -Infinity;

  const link = await openLink({
    url: options.url,
    worker: options.worker,
    onError,
    onChange: (up) => {
      for (const taker of takers.values()) taker.close().catch(() => {});
      takers.clear();
      onUp?.(up);
      bell.ring();
    },
  });
  const dispatcher = new Dispatcher({
    engine,
    doorbell,
    link,
    channel: () => channel,
    clock,
    idleMs: dispatchMs,
    onDispatched: (count) => onHints?.("dispatched", count),
    onError,
  });
  const opening = (async () => {
    while (!closing.signal.aborted && channel === undefined) {
      const calls = {
        redis: link.redis,
        listener: link.listener,
        onWanted: (lane: Lane) => dispatcher.wanted(lane),
        onReady: (name: string) => {
          if (name === EVERY_LANE || ours.has(name)) bell.ring();
        },
      };
      if (link.listener.status === "ready")
        channel = await openChannel(calls).catch(() => undefined);
      if (channel === undefined) await clock.sleep(50, closing.signal);
    }
    say(hungry);
  })();
  const leading = withLeadership(
    {
      connectionString: options.connectionString,
      role: "dispatcher",
      holder: options.worker,
      clock,
      random,
      signal: closing.signal,
      onError,
    },
    ({ signal }) => dispatcher.lead(signal),
  );
  // while there are no hints, the doorbell is what wakes
  const forwarding = (async () => {
    while (!closing.signal.aborted) {
      const since = doorbell.rings;
      await doorbell.wait({ since, ms: 60_000, signal: closing.signal });
      if (doorbell.rings !== since && !link.up) bell.ring();
    }
  })();

  function say(lanes: readonly Lane[]): void {
    if (lanes.length === 0 || clock.now() - saidAt < SAY_MS) return;
    saidAt = clock.now();
    for (const lane of lanes) channel?.wanted(lane);
  }
  const direct = (routing: Routing): Route => {
    lookedAt = clock.now();
    return { ...routing, ...(cursor == null ? {} : { cursor }) };
  };
  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const cancel = clock.timer(
      ANSWER_MS,
      () => late.reject(new Error("Redis did not answer in time")),
      { background: true },
    );
    return Promise.race([work, late.promise]).finally(cancel);
  };
  const take = async (lanes: readonly Lane[], want: number): Promise<string[]> => {
    const ids: string[] = [];
    for (const lane of lanes) {
      if (ids.length >= want) break;
      const name = laneName(lane);
      ours.add(name);
      const taker = takers.get(name) ?? openLaneTaker(name, link.redis, () => {});
      takers.set(name, taker);
      ids.push(...(await taker.take(want - ids.length)));
    }
    return [...new Set(ids)];
  };

  return {
    driver: "bullmq",
    get rings() {
      return bell.rings;
    },
    get up() {
      return link.up;
    },
    async route(want, routing = own) {
      if (!link.up) return direct(routing);
      const lanes = lanesOf(handlers, routing);
      try {
        const ids = await inTime(take(lanes, want));
        hungry = ids.length < want ? lanes : [];
        say(hungry);
        onHints?.("taken", ids.length);
        if (ids.length > 0) return { ...routing, ids };
      } catch (error) {
        if (closing.signal.aborted) return undefined;
        onError(error);
        link.doubt();
        return direct(routing);
      }
      return clock.now() - lookedAt >= directMs ? direct(routing) : undefined;
    },
    claimed(route, answer) {
      if (route?.ids === undefined) {
        if (route !== undefined) cursor = answer.cursor;
      } else onHints?.("stale", Math.max(0, route.ids.length - answer.claimed.length));
      // what has ended may have made room under a limit
      if (answer.settled.results.length > 0) say(hungry);
    },
    wait: (how) => bell.wait(how),
    async close() {
      closing.abort();
      await Promise.all([leading, forwarding, opening, bell.close()]);
      channel?.close();
      await Promise.allSettled([...takers.values()].map((taker) => taker.close()));
      link.close();
    },
  };
}
