import type { Clock, Random } from "@nofx/core/seams";
import { openLeaderSession, type LeaderSession } from "@nofx/db/leases";
import { fromDatabaseError } from "../command/database-errors.ts";

/** What a leader works with. */
export interface Leadership {
  readonly role: string;
  /** Pass it to every write: the engine refuses writes of an older one (`stale_term`). */
  readonly term: number;
  /** Fires when the leadership is lost or no longer wanted. The work then ends; what it still writes is refused. */
  readonly signal: AbortSignal;
}

export interface LeadershipOptions {
  /** A direct connection (DATABASE_DIRECT_URL): the lock is a session's, so no transaction pooler. */
  readonly connectionString: string;
  /** What is led: one name a job, `scheduler` say. */
  readonly role: string;
  /** Who leads, for people who look: the worker's name. */
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the candidacy, and the leadership with it. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  /** A leader that is silent for so long is deposed. */
  readonly patienceMs?: number;
  /** How often one that does not lead asks again. */
  readonly pollMs?: number;
}

/**
 * Has `work` done by one process at a time, whatever the number of them that call this: stands for the role again and again,
 * and while it leads runs `work`. Work that ends or throws gives the role up; then it stands again. Resolves when `signal`
 * has fired and the last work has ended. Never throws.
 *
 * A lock cannot keep a process from writing that was frozen, or cut off, and thinks it still leads. So the work passes its
 * `term` to an engine function that begins with `perform engine.assert_term(role, p_term)`: of two that believe to lead,
 * only the newer one's writes take place.
 *
 * Costs one connection a process and role, and for one that does not lead one short query a second.
 */
export async function withLeadership(
  options: LeadershipOptions,
  work: (leadership: Leadership) => Promise<void>,
): Promise<void> {
  const { clock, random, signal, onError, pollMs = 1_000 } = options;
  let well = true;
  while (!signal.aborted) {
    try {
      await candidacy(options, work);
      well = true;
    } catch (error) {
      if (well) onError(fromDatabaseError(error));
      well = false;
    }
    await clock.sleep(pollMs * (0.75 + random() / 2), signal);
  }
}

/** One connection's life: stands until elected, then leads until the work or the connection ends. */
async function candidacy(
  options: LeadershipOptions,
  work: (leadership: Leadership) => Promise<void>,
): Promise<void> {
  const { clock, random, signal, pollMs = 1_000, patienceMs = 5_000 } = options;
  const session = await openLeaderSession({
    ...options,
    patienceMs,
    applicationName: `${options.holder} ${options.role}`,
  });
  try {
    const either = AbortSignal.any([signal, session.ended]);
    while (!either.aborted) {
      const term = await session.stand();
      if (term !== undefined) return await lead({ ...options, patienceMs }, session, term, work);
      await clock.sleep(pollMs * (0.75 + random() / 2), either);
    }
  } finally {
    await session.close();
  }
}

async function lead(
  options: LeadershipOptions & { patienceMs: number },
  session: LeaderSession,
  term: number,
  work: (leadership: Leadership) => Promise<void>,
): Promise<void> {
  const done = new AbortController();
  const lost = AbortSignal.any([options.signal, session.ended, done.signal]);
  const working = (async () => {
    try {
      await work({ role: options.role, term, signal: lost });
    } finally {
      done.abort();
    }
  })();
  const beating = beat(options, session, term, lost).finally(() => done.abort());
  // nobody stands again before the work has ended: in one process it is done once at a time too
  const ends = await Promise.allSettled([working, beating]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Lets the server hear of the leader, until it no longer leads. */
async function beat(
  { clock, patienceMs }: LeadershipOptions & { patienceMs: number },
  session: LeaderSession,
  term: number,
  lost: AbortSignal,
): Promise<void> {
  while (!lost.aborted) {
    await clock.sleep(patienceMs / 4, lost);
    if (lost.aborted || !(await session.leads(term))) return;
  }
}
