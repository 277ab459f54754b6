import { STEP_VERSION } from "@nofx/core/vocabulary";
import * as leases from "@nofx/db/leases";

export type { DueSchedule, DueSchedules, FiredSchedules, FiringDraft } from "@nofx/db/leases";

/** What a scheduler works with. `now` is for simulations: without it the database's clock decides. */
export interface SchedulerStore {
  /** Those that are due, without those in `skip`. */
  due(limit: number, skip: readonly string[], now?: number): Promise<leases.DueSchedules>;
  /** Carries out what was decided; `stale_term` when another leads by now. */
  fire(
    term: number,
    firings: readonly leases.FiringDraft[],
    now?: number,
  ): Promise<leases.FiredSchedules>;
  prune(limit: number): Promise<number>;
}

export function createSchedulerStore(
  db: leases.EngineDb,
  call: <T>(work: Promise<T>) => Promise<T>,
): SchedulerStore {
  return {
    due: (limit, skip, now) => call(leases.dueSchedules(db, limit, skip, iso(now))),
    fire: (term, firings, now) =>
      call(leases.fireSchedules(db, term, firings, STEP_VERSION, iso(now))),
    prune: (limit) => call(leases.pruneFirings(db, limit)),
  };
}

const iso = (instant: number | undefined) =>
  instant === undefined ? null : new Date(instant).toISOString();
