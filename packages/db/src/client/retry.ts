import { setTimeout as delay } from "node:timers/promises";

/**
 * SQLSTATEs after which the same transaction may simply be tried again, with the first pause in milliseconds. Decided by
 * code, never by message.
 */
const RETRYABLE: Record<string, number> = {
  "40001": 5, // serialization_failure
  "40P01": 20, // deadlock_detected
  "55P03": 50, // lock_not_available
  "57P01": 200, // admin_shutdown: the server restarts or a pooler drops us
  "57P02": 200, // crash_shutdown
  "57P03": 500, // cannot_connect_now
  "08000": 100, // connection_exception
  "08001": 100, // sqlclient_unable_to_establish_sqlconnection
  "08003": 100, // connection_does_not_exist
  "08006": 100, // connection_failure
  "53300": 200, // too_many_connections
};

/** The SQLSTATE of an error, when it has one. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const code = error.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The pause before the first retry, or undefined when trying again cannot help. */
export function retryDelay(error: unknown): number | undefined {
  const state = sqlStateOf(error);
  return state === undefined ? undefined : RETRYABLE[state];
}

/** Runs `work` again after a retryable error, each time after twice the pause; `attempts` counts the first too. */
export async function withRetry<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const pause = retryDelay(error);
      if (pause === undefined || attempt >= attempts) throw error;
      await delay(pause * 2 ** (attempt - 1));
    }
  }
}
