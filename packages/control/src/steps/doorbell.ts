import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

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
export const pollMs = (random: () => number = Math.random): number => 750 + random() * 500;

/** Where no connection can listen (serverless, a transaction pooler): time passes, nobody rings. */
export const silentDoorbell: Doorbell = {
  rings: 0,
  wait: ({ ms, signal }) => sleep(ms, signal),
  close: async () => {},
};

/** One LISTEN connection for the whole process; it reconnects by itself and rings once when it does. */
export function createDoorbell(options: {
  connectionString: string;
  applicationName: string;
}): Doorbell {
  let rings = 0;
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  const ring = () => {
    rings += 1;
    for (const wake of waiting) wake();
  };
  const listening = (async () => {
    for (let failures = 0; !closing.signal.aborted;) {
      const heard = await listen(options, ring, closing.signal);
      failures = heard ? 0 : failures + 1;
      await sleep(Math.min(5_000, 100 * 2 ** failures), closing.signal);
    }
  })();
  return {
    get rings() {
      return rings;
    },
    async wait({ since, ms, signal }) {
      if (rings !== since || signal?.aborted || closing.signal.aborted) return;
      const woken = new AbortController();
      const wake = () => woken.abort();
      waiting.add(wake);
      try {
        const signals = [woken.signal, closing.signal, ...(signal === undefined ? [] : [signal])];
        await sleep(ms, AbortSignal.any(signals));
      } finally {
        waiting.delete(wake);
      }
    },
    async close() {
      closing.abort();
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
    await sleep(undefined, AbortSignal.any([ended.signal, closing]));
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Resolves early, without throwing, when `signal` fires; without `ms` only then. */
async function sleep(ms: number | undefined, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  if (ms === undefined) {
    await new Promise<void>((resolve) => {
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
    return;
  }
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
