import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";

/** When each task can run in a schedule that ends by some time: not before its head, and ended by its end. */
export interface TimeWindows {
  readonly heads: Int32Array;
  readonly ends: Int32Array;
}

/** Two tasks that can't run beside each other, in either order as far as precedence goes. */
export type Pair = readonly [a: number, b: number];

/** Narrows windows as far as simple reasons go. False: there is no schedule within them. */
export function narrowWindows(
  project: Project,
  pairs: readonly Pair[],
  windows: TimeWindows,
  length: number,
): boolean {
  for (;;) {
    const before = sumOf(windows);
    narrowByPrecedence(project, windows);
    if (!narrowByPairs(project, pairs, windows)) return false;
    if (!narrowByTimetable(project, windows, length)) return false;
    for (let task = 0; task < project.size; task++) {
      const room = at(windows.ends, task) - at(windows.heads, task);
      if (room < at(project.duration, task)) return false;
    }
    if (sumOf(windows) === before) return true;
  }
}

const sumOf = ({ heads, ends }: TimeWindows) => {
  let sum = 0;
  for (let task = 0; task < heads.length; task++) sum += at(ends, task) - at(heads, task);
  return sum;
};

function raise(heads: Int32Array, task: number, time: number): void {
  if (time > at(heads, task)) heads[task] = time;
}

function lower(ends: Int32Array, task: number, time: number): void {
  if (time < at(ends, task)) ends[task] = time;
}

function narrowByPrecedence(project: Project, { heads, ends }: TimeWindows): void {
  const { size, duration, before, topological } = project;
  for (const task of topological) {
    for (let arc = at(before.start, task); arc < at(before.start, task + 1); arc++) {
      const other = at(before.task, arc);
      raise(heads, task, at(heads, other) + at(duration, other) + at(before.lag, arc));
    }
  }
  for (let place = size - 1; place >= 0; place--) {
    const task = at(topological, place);
    const start = at(ends, task) - at(duration, task);
    for (let arc = at(before.start, task); arc < at(before.start, task + 1); arc++) {
      lower(ends, at(before.task, arc), start - at(before.lag, arc));
    }
  }
}

/** Of two that can't run beside each other, one goes first: where it can't be the one, it is the other. */
function narrowByPairs(
  { duration }: Project,
  pairs: readonly Pair[],
  { heads, ends }: TimeWindows,
): boolean {
  for (const [a, b] of pairs) {
    const both = at(duration, a) + at(duration, b);
    const aFirst = at(heads, a) + both <= at(ends, b);
    const bFirst = at(heads, b) + both <= at(ends, a);
    if (aFirst && bFirst) continue;
    if (!aFirst && !bFirst) return false;
    const [first, second] = aFirst ? [a, b] : [b, a];
    raise(heads, second, at(heads, first) + at(duration, first));
    lower(ends, first, at(ends, second) - at(duration, second));
  }
  return true;
}

/** A task whose window is shorter than twice its duration runs in the middle of it: there others find less. */
function narrowByTimetable(
  { size, duration, resources }: Project,
  { heads, ends }: TimeWindows,
  length: number,
): boolean {
  const { count, capacities, units } = resources;
  for (let r = 0; r < count; r++) {
    const capacity = at(capacities, r);
    const used = new Int32Array(length + 1);
    for (let task = 0; task < size; task++) {
      const from = at(ends, task) - at(duration, task);
      const to = at(heads, task) + at(duration, task);
      for (let time = from; time < to; time++) {
        used[time] = at(used, time) + at(units, task * count + r);
        if (at(used, time) > capacity) return false;
      }
    }
    for (let task = 0; task < size; task++) {
      const taken = at(units, task * count + r);
      if (taken === 0) continue;
      const from = at(ends, task) - at(duration, task);
      const to = at(heads, task) + at(duration, task);
      const free = (time: number) =>
        (time >= from && time < to) || at(used, time) + taken <= capacity;
      let head = at(heads, task);
      for (let time = head; time < head + at(duration, task); time++) {
        if (time >= length) return false;
        if (!free(time)) head = time + 1;
      }
      raise(heads, task, head);
      let end = at(ends, task);
      for (let time = end - 1; time >= end - at(duration, task); time--) {
        if (time < 0) return false;
        if (!free(time)) end = time;
      }
      lower(ends, task, end);
    }
  }
  return true;
}
