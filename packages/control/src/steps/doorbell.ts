import type { Clock, Random } from "@nofx/core/seams";
import pg from "pg";
import { system } from "../seams/system.ts";

export const DOORBELL = "nofx_doorbell";

/**
 * Wakes whoever waits for steps. A hint and nothing more: a ring may be lost with its process, so waiters also look by
 * themselves every second.
 */
export interface Doorbell {
  /** Rings heard so far. Read it before looking for work, so that no ring between looking and waiting is missed. */
  readonly rings: number;
  /** Until somebody rings, `ms` pass or `signal` fires; at once when it rang since `since`. Never throws. */
  wait(options: { since: number; ms: number; signal?: AbortSignal | undefined }): Promise<void>;
  close(): Promise<void>;
}

/** A second, give or take a quarter, so that many waiters do not look at the same instant. */
export const pollMs = (random: Random): number => 750 + random() * 500;

/** Where no connection can listen (serverless, a transaction pooler): time passes, nobody rings. */
export const silentDoorbell = (clock: Clock): Doorbell => ({
  rings: 0,
  wait: ({ ms, signal }) => clock.sleep(ms, signal),
  close: async () => {},
});

/** The bell within one process: whoever hears from elsewhere rings it. */
export function createBell(clock: Clock): Doorbell & { ring(): void } {
  let rings = 0;
  const waiting = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of waiting) wake();
  };
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings += 1;
      wakeAll();
    },
    wait({ since, ms, signal }) {
      if (rings !== since || signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          cancel();
          waiting.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const cancel = clock.timer(ms, wake);
        waiting.add(wake);
        signal?.addEventListener("abort", wake, { once: true });
      });
    },
    // who waits again waits for its time: one that were let go at once would go round and round
    async close() {
      wakeAll();
    },
  };
}

/** One LISTEN connection for the whole process; it reconnects by itself and rings once when it does. */
export function createDoorbell(options: {
  connectionString: string;
  applicationName: string;
  clock?: Clock;
}): Doorbell {
  const { clock = system.clock } = options;
  const bell = createBell(clock);
  const closing = new AbortController();
  const listening = (async () => {
    for (let failures = 0; !closing.signal.aborted;) {
      const heard = await listen(options, bell.ring, closing.signal);
      failures = heard ? 0 : failures + 1;
      await clock.sleep(Math.min(5_000, 100 * 2 ** failures), closing.signal);
    }
  })();
  return {
    get rings() {
      return bell.rings;
    },
    wait: bell.wait,
    async close() {
      closing.abort();
      await bell.close();
      await listening;
    },
  };
}

/** Listens until the connection ends; answers whether it ever stood. */
async function listen(
  options: { connectionString: string; applicationName: string },
  ring: () => void,
  closing: AbortSignal,
): Promise<boolean> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  });
  const ended = new AbortController();
  const end = () => ended.abort();
  client.on("error", end);
  client.on("end", end);
  client.on("notification", ring);
  try {
    await client.connect();
    await client.query(`listen ${DOORBELL}`);
    // whatever rang while nobody listened
    ring();
    await fired(AbortSignal.any([ended.signal, closing]));
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Resolves when `signal` fires. */
async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
