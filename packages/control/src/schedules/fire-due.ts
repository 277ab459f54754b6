import { decideFirings, type Firing } from "@nofx/core/schedules";
import type {
  DueSchedule,
  FiredSchedules,
  FiringDraft,
  SchedulerStore,
} from "./scheduler-store.ts";
import { timetableOf } from "./timetable.ts";

/** Schedules looked at in one pass, and firings put down in one transaction. */
const LOOK = 200;
const FIRE = 100;

export interface Pass {
  /** What became of the firings that were put down. */
  readonly firings: FiredSchedules["firings"];
  readonly for_workers: number;
  readonly for_agents: number;
  /** Milliseconds until there is more to do; 0 where there is at once, undefined where nothing is to come. */
  readonly nextInMs: number | undefined;
}

/**
 * One pass of a scheduler: asks what is due, decides, and puts it down. Safe to call by anybody at any time: what it decides
 * takes place only while `term` is the newest and the schedule is where it was.
 */
export async function fireDue(
  store: SchedulerStore,
  term: number,
  options: { now?: number; onError: (error: unknown) => void },
): Promise<Pass> {
  const due = await store.due(LOOK, options.now);
  let more = due.schedules.length === LOOK;
  const drafts: FiringDraft[] = [];
  for (const schedule of due.schedules) {
    const decided = decide(schedule, due.now, options.onError);
    const last = decided.at(-1);
    // it was left in the middle of what is due
    if (last?.nextAt !== undefined && last.nextAt <= due.now) more = true;
    drafts.push(...decided.map((firing) => toDraft(schedule, firing)));
  }
  const pass = { firings: [] as FiredSchedules["firings"], for_workers: 0, for_agents: 0 };
  let moved = 0;
  for (let i = 0; i < drafts.length; i += FIRE) {
    const fired = await store.fire(term, drafts.slice(i, i + FIRE), options.now);
    pass.firings.push(...fired.firings);
    pass.for_workers += fired.for_workers;
    pass.for_agents += fired.for_agents;
    for (const { outcome, schedule_id, error } of fired.firings) {
      if (outcome !== "refused" && outcome !== "stale") moved += 1;
      if (outcome === "refused") options.onError(new Error(`schedule ${schedule_id}: ${error}`));
    }
  }
  const nextInMs = due.next_at === null ? undefined : Math.max(0, due.next_at - due.now);
  return { ...pass, nextInMs: more && moved > 0 ? 0 : nextInMs };
}

/** A schedule that cannot be read stays due, and in nobody's way. */
function decide(
  schedule: DueSchedule,
  now: number,
  onError: (error: unknown) => void,
): readonly Firing[] {
  try {
    const timetable = timetableOf({
      cron: schedule.cron,
      timeZone: schedule.time_zone,
      everySeconds: schedule.every_seconds,
      anchorAt: schedule.anchor_at,
    });
    return decideFirings(
      {
        nextAt: schedule.next_at,
        missed: schedule.missed,
        catchUp: schedule.catch_up,
        after: timetable.after,
      },
      now,
    );
  } catch (error) {
    onError(error);
    return [];
  }
}

function toDraft(schedule: DueSchedule, firing: Firing): FiringDraft {
  const iso = (instant: number) => new Date(instant).toISOString();
  return {
    schedule_id: schedule.id,
    version: schedule.version,
    outcome: firing.outcome,
    occurrence: iso(firing.occurrence),
    occurrences: firing.occurrences,
    through: firing.occurrences > 1 ? iso(firing.through) : null,
    next_at: firing.nextAt === undefined ? null : iso(firing.nextAt),
  };
}
