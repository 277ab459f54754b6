import type { Clock } from "@nofx/core/seams";
import type { Pool } from "pg";
import { DOORBELL } from "./doorbell.ts";

const PAUSE_MS = 5;

/**
 * Rings in a statement of its own: at once, then at most every 5 ms. Inside the transaction that did the work a NOTIFY
 * would hold a lock of the whole server across the flush to disk.
 */
export function createRinger(pool: Pool, clock: Clock): () => void {
  let quiet = true;
  let again = false;
  const ring = () => {
    if (!quiet) {
      again = true;
      return;
    }
    quiet = false;
    pool.query("select pg_notify($1, 'default')", [DOORBELL]).catch(() => {
      // polling catches a lost ring
    });
    clock.timer(PAUSE_MS, rest, { background: true });
  };
  const rest = () => {
    quiet = true;
    if (!again) return;
    again = false;
    ring();
  };
  return ring;
}
