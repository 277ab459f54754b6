import { MAX_CATCH_UP, type MissedPolicy } from "../vocabulary/index.ts";

/** Until then an instant is on time: a leader may change meanwhile, and nothing is missed. */
export const LATE_MS = 60_000;

/** How many instants are looked at in one go; a schedule that has more of them due goes on at once. */
export const MAX_DUE = 1_000;

/** A schedule that is due. Instants are milliseconds since 1970. */
export interface Due {
  /** The first instant that has not been dealt with. */
  readonly nextAt: number;
  readonly missed: MissedPolicy;
  readonly catchUp: number;
  /** The timetable: the first instant after this one, if there is any. */
  after(instant: number): number | undefined;
}

/** What is to happen with one instant, or with some that were missed in a row. */
export interface Firing {
  readonly outcome: "fire" | "missed";
  readonly occurrence: number;
  /** The last of them, and how many: one, unless they were missed. */
  readonly through: number;
  readonly occurrences: number;
  /** The instant after them; undefined when the timetable has no more. */
  readonly nextAt: number | undefined;
}

/**
 * What becomes of every instant of a schedule up to `now`, in order and without a gap. What is on time fires. Of what is late
 * the newest fire, as many as make `catchUp` with those on time, or none where it is skipped; the rest is missed.
 *
 * Where more than `MAX_DUE` are due it answers for the first of them, which are missed whatever the rest is: ask again.
 */
export function decideFirings(due: Due, now: number): Firing[] {
  const { instants, next } = dueInstants(due, now);
  const all = next === undefined || next > now;
  const late = instants.filter((instant) => instant <= now - LATE_MS).length;
  const kept = keep(due, instants.length - late, all);
  const missed = Math.max(0, late - kept);
  const nextOf = (place: number) => (place < instants.length ? instants[place] : next);
  const firings: Firing[] = [];
  const [first] = instants;
  const through = instants[missed - 1];
  if (first !== undefined && through !== undefined) {
    firings.push({
      outcome: "missed",
      occurrence: first,
      through,
      occurrences: missed,
      nextAt: nextOf(missed),
    });
  }
  if (!all) return firings;
  for (const [i, occurrence] of instants.entries()) {
    if (i < missed) continue;
    firings.push({
      outcome: "fire",
      occurrence,
      through: occurrence,
      occurrences: 1,
      nextAt: nextOf(i + 1),
    });
  }
  return firings;
}

/** How many of the late ones may still fire. */
function keep(due: Due, onTime: number, all: boolean): number {
  if (due.missed === "skip") return 0;
  return all ? Math.max(0, due.catchUp - onTime) : MAX_CATCH_UP;
}

function dueInstants(due: Due, now: number): { instants: number[]; next: number | undefined } {
  const instants: number[] = [];
  let next: number | undefined = due.nextAt;
  while (next !== undefined && next <= now && instants.length < MAX_DUE) {
    instants.push(next);
    const following = due.after(next);
    if (following !== undefined && following <= next) {
      throw new RangeError(`the timetable goes back from ${next} to ${following}`);
    }
    next = following;
  }
  return { instants, next };
}
