import { at } from "../digraph.ts";
import { EventList } from "./event-list.ts";
import { TimeSorter } from "./time-sorter.ts";
import type { Profile } from "./profile.ts";
import type { Project } from "./project.ts";
import { scheduleSerially, type Direction } from "./serial-schedule.ts";
import { TimeGrid } from "./time-grid.ts";

/** Rows of a grid that a task may cost: beyond, a list of events is faster and smaller. */
const GRID_ROWS_A_TASK = 40;

/**
 * Makes schedules of lists and improves them by double justification: all tasks as late as possible from the last to the
 * first, then as early as possible from the first to the last, as long as that makes the schedule shorter (V. Valls,
 * F. Ballestin, S. Quintanilla, Justification and RCPSP: a technique that pays, 2005). Its memory is used again by each call.
 */
export class Justifier {
  readonly #forward: Direction;
  readonly #backward: Direction;
  readonly #duration: Int32Array;
  readonly #profile: Profile;
  readonly #sorter: TimeSorter;
  readonly #times: Int32Array;
  readonly #late: Int32Array;
  readonly #lateStarts: Int32Array;
  /** Schedules made so far. */
  made = 0;

  constructor(project: Project) {
    const { size, duration, before, after } = project;
    this.#forward = { duration, before };
    this.#backward = { duration, before: after };
    this.#duration = duration;
    this.#profile =
      project.horizon <= GRID_ROWS_A_TASK * size ? new TimeGrid(project) : new EventList(project);
    this.#sorter = new TimeSorter(size);
    this.#times = new Int32Array(size);
    this.#late = new Int32Array(size);
    this.#lateStarts = new Int32Array(size);
  }

  /** Changes `order` to that of the schedule found, writes its starts, answers its makespan. */
  schedule(order: Int32Array, starts: Int32Array): number {
    let makespan = scheduleSerially(this.#forward, this.#profile, order, starts);
    this.made++;
    for (;;) {
      const shorter = this.justify(order, starts, makespan);
      if (shorter >= makespan) return shorter;
      makespan = shorter;
    }
  }

  /** One time there and back. */
  justify(order: Int32Array, starts: Int32Array, makespan: number): number {
    this.#mirror(starts, makespan);
    this.#sorter.sort(this.#times, makespan, order, this.#late);
    const late = scheduleSerially(this.#backward, this.#profile, this.#late, this.#lateStarts);
    this.#mirror(this.#lateStarts, late);
    this.#sorter.sort(this.#times, late, this.#late, order);
    this.made += 2;
    return scheduleSerially(this.#forward, this.#profile, order, starts);
  }

  /** The starts as they are when time runs backwards. */
  #mirror(starts: Int32Array, makespan: number): void {
    const duration = this.#duration;
    const times = this.#times;
    for (let task = 0; task < times.length; task++) {
      times[task] = makespan - at(starts, task) - at(duration, task);
    }
  }
}
