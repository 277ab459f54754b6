import { at } from "../digraph.ts";
import { packResources, type PackedResources } from "./pack-resources.ts";
import { lagOf, longestLag, predecessorId, type ScheduleProblem } from "./problem.ts";

/** Arcs into each task in flat arrays: those of task i are `start[i]` to `start[i + 1]`, from `task`, at least `lag` apart. */
export interface Arcs {
  readonly start: Int32Array;
  readonly task: Int32Array;
  readonly lag: Int32Array;
}

/** A problem on the numbers 0..size-1, as the algorithms read it. */
export interface Project {
  readonly size: number;
  readonly duration: Int32Array;
  /** What each task comes after. */
  readonly before: Arcs;
  /** What comes after each task: the arcs of the same project when time runs backwards. */
  readonly after: Arcs;
  /** Every task behind those that it comes after. */
  readonly topological: Int32Array;
  readonly resources: PackedResources;
  /** No schedule that leaves no needless gap is longer. */
  readonly horizon: number;
}

/** Of a problem in which nothing is wrong (`checkProblem`). */
export function toProject({ resources, tasks }: ScheduleProblem): Project {
  const size = tasks.length;
  const numbers = new Map(tasks.map(({ id }, i) => [id, i]));
  const from: number[] = [];
  const lag: number[] = [];
  const start = new Int32Array(size + 1);
  let horizon = 0;
  tasks.forEach(({ duration, after }, i) => {
    for (const predecessor of after) {
      from.push(numbers.get(predecessorId(predecessor)) as number);
      lag.push(lagOf(predecessor));
    }
    start[i + 1] = from.length;
    horizon += duration + longestLag(after);
  });
  const before = { start, task: Int32Array.from(from), lag: Int32Array.from(lag) };
  const after = turned(before, size);
  return {
    size,
    duration: Int32Array.from(tasks, ({ duration }) => duration),
    before,
    after,
    topological: topologicalOrder(before, after, size),
    resources: packResources(resources, tasks),
    horizon,
  };
}

function turned({ start, task, lag }: Arcs, size: number): Arcs {
  const from = new Int32Array(size + 1);
  for (const head of task) from[head + 1] = at(from, head + 1) + 1;
  for (let i = 0; i < size; i++) from[i + 1] = at(from, i + 1) + at(from, i);
  const next = from.slice();
  const result = {
    start: from,
    task: new Int32Array(task.length),
    lag: new Int32Array(task.length),
  };
  for (let i = 0; i < size; i++) {
    for (let arc = at(start, i); arc < at(start, i + 1); arc++) {
      const head = at(task, arc);
      const place = at(next, head);
      next[head] = place + 1;
      result.task[place] = i;
      result.lag[place] = at(lag, arc);
    }
  }
  return result;
}

function topologicalOrder(before: Arcs, after: Arcs, size: number): Int32Array {
  const missing = new Int32Array(size);
  const order = new Int32Array(size);
  let found = 0;
  for (let i = 0; i < size; i++) {
    missing[i] = at(before.start, i + 1) - at(before.start, i);
    if (missing[i] === 0) order[found++] = i;
  }
  for (let i = 0; i < found; i++) {
    const task = at(order, i);
    for (let arc = at(after.start, task); arc < at(after.start, task + 1); arc++) {
      const next = at(after.task, arc);
      const left = at(missing, next) - 1;
      missing[next] = left;
      if (left === 0) order[found++] = next;
    }
  }
  return order;
}
