import { at } from "../digraph.ts";
import type { Profile } from "./profile.ts";
import type { Arcs } from "./project.ts";

/** One direction of time: what each task waits for. */
export interface Direction {
  readonly duration: Int32Array;
  readonly before: Arcs;
}

/**
 * The serial schedule generation scheme: tasks in the order of the list, each at the first time at which precedence and
 * resources let it run (R. Kolisch, Serial and parallel resource-constrained project scheduling methods revisited, 1996).
 * Writes the starts, answers the makespan. In `order` each task stands behind those it comes after.
 */
export function scheduleSerially(
  { duration, before }: Direction,
  profile: Profile,
  order: Int32Array,
  starts: Int32Array,
): number {
  profile.clear();
  const { start: first, task: tasks, lag: lags } = before;
  let makespan = 0;
  for (let i = 0; i < order.length; i++) {
    const task = at(order, i);
    let from = 0;
    for (let arc = at(first, task), end = at(first, task + 1); arc < end; arc++) {
      const other = at(tasks, arc);
      const ready = at(starts, other) + at(duration, other) + at(lags, arc);
      if (ready > from) from = ready;
    }
    const start = profile.place(task, from);
    starts[task] = start;
    const end = start + at(duration, task);
    if (end > makespan) makespan = end;
  }
  return makespan;
}
