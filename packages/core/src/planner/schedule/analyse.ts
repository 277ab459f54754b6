import { at } from "../digraph.ts";
import type { ScheduleProblem } from "./problem.ts";
import { toProject } from "./project.ts";
import { orderBy } from "./rank-by.ts";
import { linkResources } from "./resource-links.ts";

export interface ScheduleAnalysis {
  readonly makespan: number;
  /** For each task by its place in the problem: how much later it can start without the project ending later. */
  readonly slack: Int32Array;
  /** Whether it has no slack. */
  readonly critical: readonly boolean[];
}

/**
 * Slack of a schedule, `starts` by task id. It counts the resources in: the tasks behind a delayed one move on as far as they
 * have to, and each still takes its units over from the same tasks (`linkResources`). So a chain of critical tasks leads from
 * the start to the end of the project also where they wait for resources and not for each other.
 */
export function analyse(
  problem: ScheduleProblem,
  starts: Readonly<Record<string, number>>,
): ScheduleAnalysis {
  const project = toProject(problem);
  const { size, duration, after, topological } = project;
  const given = Int32Array.from(problem.tasks, ({ id }) => starts[id] as number);
  let makespan = 0;
  for (let task = 0; task < size; task++) {
    makespan = Math.max(makespan, at(given, task) + at(duration, task));
  }
  // the latest end of each task, from the last start to the first
  const latest = new Int32Array(size).fill(makespan);
  const order = orderBy(size, (task) => at(given, task), topological).reverse();
  const takers = takersOf(project.size, linkResources(project, given));
  for (const task of order) {
    let end = at(latest, task);
    for (let arc = at(after.start, task); arc < at(after.start, task + 1); arc++) {
      const next = at(after.task, arc);
      end = Math.min(end, at(latest, next) - at(duration, next) - at(after.lag, arc));
    }
    for (const next of takers[task] ?? []) {
      end = Math.min(end, at(latest, next) - at(duration, next));
    }
    latest[task] = end;
  }
  const slack = Int32Array.from(latest, (end, task) => end - at(duration, task) - at(given, task));
  return { makespan, slack, critical: Array.from(slack, (left) => left === 0) };
}

function takersOf(
  size: number,
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): (number[] | undefined)[] {
  const takers: (number[] | undefined)[] = Array.from({ length: size });
  from.forEach((giver, i) => {
    (takers[giver] ??= []).push(to[i] as number);
  });
  return takers;
}
