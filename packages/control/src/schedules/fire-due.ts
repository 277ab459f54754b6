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

interface PassOptions {
  readonly now?: number;
  readonly onError: (error: unknown) => void;
  /** Ends the pass between two statements. */
  readonly signal?: AbortSignal;
  /** How many schedules are looked at in one statement. */
  readonly look?: number;
}

/**
 * One pass of a scheduler: asks what is due, decides, and puts it down. Safe to call by anybody at any time: what it decides
 * takes place only while `term` is the newest and the schedule is where it was.
 */
export async function fireDue(
  store: SchedulerStore,
  term: number,
  options: PassOptions,
): Promise<Pass> {
  const { look = LOOK, now, onError } = options;
  const pass = { firings: [] as FiredSchedules["firings"], for_workers: 0, for_agents: 0 };
  // what stays due (refused for now, or not to be read) is in nobody's way
  const stuck: string[] = [];
  for (;;) {
    const due = await store.due(look, stuck, now);
    const drafts = due.schedules.map((schedule) => draftsOf(schedule, due.clock, onError));
    const moved = await putDown(store, term, drafts.flat(), pass, options);
    stuck.push(...due.schedules.filter(({ id }) => !moved.has(id)).map(({ id }) => id));
    if (due.schedules.length === look && options.signal?.aborted !== true) continue;
    // one that was left in the middle of what is due goes on at once
    const more = drafts.some((of) => {
      const last = of.at(-1);
      return last !== undefined && moved.has(last.schedule_id) && isDue(last.next_at, due.clock);
    });
    const nextInMs = due.next_at === null ? undefined : Math.max(0, due.next_at - due.clock);
    return { ...pass, nextInMs: more ? 0 : nextInMs };
  }
}

const isDue = (instant: string | null, now: number) =>
  instant !== null && Date.parse(instant) <= now;

/** Answers which schedules moved on. */
async function putDown(
  store: SchedulerStore,
  term: number,
  drafts: readonly FiringDraft[],
  pass: { firings: FiredSchedules["firings"]; for_workers: number; for_agents: number },
  { now, onError }: PassOptions,
): Promise<ReadonlySet<string>> {
  const moved = new Set<string>();
  for (let i = 0; i < drafts.length; i += FIRE) {
    const fired = await store.fire(term, drafts.slice(i, i + FIRE), now);
    pass.firings.push(...fired.firings);
    pass.for_workers += fired.for_workers;
    pass.for_agents += fired.for_agents;
    for (const { outcome, schedule_id, error } of fired.firings) {
      if (outcome === "refused") onError(new Error(`schedule ${schedule_id}: ${error}`));
      else if (outcome !== "stale") moved.add(schedule_id);
    }
  }
  return moved;
}

/** What is to happen with a schedule; one that cannot be read stays due. */
function draftsOf(
  schedule: DueSchedule,
  now: number,
  onError: (error: unknown) => void,
): FiringDraft[] {
  try {
    const { after } = timetableOf({
      cron: schedule.cron,
      timeZone: schedule.time_zone,
      everySeconds: schedule.every_seconds,
      anchorAt: schedule.anchor_at,
    });
    const { next_at: nextAt, missed, catch_up: catchUp } = schedule;
    return decideFirings({ nextAt, missed, catchUp, after }, now).map((firing) =>
      toDraft(schedule, firing),
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
