import type { Clock } from "@nofx/core/seams";
import type { Pool } from "pg";
import { DOORBELL } from "./doorbell.ts";

const PAUSE_MS = 5;

/**
 * Rings in a statement of its own: at once, and while one is under way the next ones are one, 5 ms later. Inside the transaction
 * that did the work a NOTIFY would hold a lock of the whole server across the flush to disk.
 */
export function createRinger(
  pool: Pool,
  clock: Clock,
  /** Of a pool of direct connections, which can keep it prepared. */
  name?: string,
): () => void {
  const query = { text: RING, ...(name === undefined ? {} : { name }) };
  let quiet = true;
  let again = false;
  const ring = () => {
    if (!quiet) {
      again = true;
      return;
    }
    quiet = false;
    // polling catches a lost ring
    pool.query(query).then(rest, rest);
  };
  const rest = () => {
    if (again) clock.timer(PAUSE_MS, afresh, { background: true });
    else quiet = true;
  };
  const afresh = () => {
    quiet = true;
    again = false;
    ring();
  };
  return ring;
}

const RING = `select pg_notify('${DOORBELL}', 'default')`;
