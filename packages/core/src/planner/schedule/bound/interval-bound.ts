import { at } from "../../digraph.ts";
import type { Resource, Windows } from "./resource.ts";

/** Steps of the innermost loop that one resource may cost. */
const MAX_STEPS = 1_000_000;

/**
 * Energetic reasoning (P. Baptiste, C. Le Pape, W. Nuijten, 1999) as a destructive bound: between a time after the start and
 * a time before the end lies the work that has to be done there however tasks are moved within their windows; where it
 * exceeds what the resource can do, the project takes longer. Answers `bound`, or a larger one.
 */
export function intervalBound(windows: Windows, resource: Resource, bound: number): number {
  const many = Math.max(2, Math.floor(Math.sqrt(MAX_STEPS / Math.max(1, resource.tasks.length))));
  const fromStart = timesOf(windows.heads, resource.tasks, many);
  const fromEnd = timesOf(windows.tails, resource.tasks, many);
  const least = new Int32Array(resource.tasks.length);
  let proven = bound;
  for (const head of fromStart) {
    for (const tail of fromEnd) {
      if (head + tail >= proven) continue;
      leastWork(windows, resource.tasks, head, tail, least);
      proven = head + tail + lengthFor(resource, least, proven - head - tail);
    }
  }
  return proven;
}

/** Different times, evenly chosen where there are too many. */
function timesOf(times: Int32Array, tasks: Int32Array, many: number): number[] {
  const all = [...new Set(Array.from(tasks, (task) => at(times, task)))].toSorted((a, b) => a - b);
  if (all.length <= many) return all;
  return Array.from({ length: many }, (_, i) => all[Math.floor((i * all.length) / many)] as number);
}

/** How long each task has to run between `head` after the start and `tail` before the end, unless that is shorter. */
function leastWork(
  { duration, heads, tails }: Windows,
  tasks: Int32Array,
  head: number,
  tail: number,
  least: Int32Array,
): void {
  for (let i = 0; i < tasks.length; i++) {
    const task = at(tasks, i);
    const length = at(duration, task);
    const early = at(heads, task) + length - head;
    const late = at(tails, task) + length - tail;
    const work = early < late ? early : late;
    least[i] = work <= 0 ? 0 : work < length ? work : length;
  }
}

/** The shortest interval not below `length` in which the work can be done. Shorter ones that could would end before it. */
function lengthFor({ capacity, units }: Resource, least: Int32Array, length: number): number {
  for (let long = length; ;) {
    let work = 0;
    for (let i = 0; i < least.length; i++) {
      const part = at(least, i);
      work += at(units, i) * (part < long ? part : long);
    }
    if (work <= capacity * long) return long;
    long = Math.ceil(work / capacity);
  }
}
