import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";
import { narrowWindows, type Pair, type TimeWindows } from "./narrow-windows.ts";

/**
 * Narrows windows by trying: a task that can't start at its head, or can't end at its end, has a narrower window (P. Martin,
 * D. Shmoys' shaving, 1996). Goes over all tasks once. False: there is no schedule within the windows.
 */
export function shaveWindows(
  project: Project,
  pairs: readonly Pair[],
  windows: TimeWindows,
  length: number,
): boolean {
  const { size, duration } = project;
  const { heads, ends } = windows;
  const canRun = (task: number, head: number) => {
    const tried = { heads: heads.slice(), ends: ends.slice() };
    tried.heads[task] = head;
    tried.ends[task] = head + at(duration, task);
    return narrowWindows(project, pairs, tried, length);
  };
  for (let task = 0; task < size; task++) {
    if (!canRun(task, at(heads, task))) heads[task] = at(heads, task) + 1;
    else if (!canRun(task, at(ends, task) - at(duration, task))) ends[task] = at(ends, task) - 1;
    else continue;
    if (!narrowWindows(project, pairs, windows, length)) return false;
  }
  return true;
}
