import { at } from "../digraph.ts";
import { earliestStarts } from "./earliest-starts.ts";
import type { ParallelScheduler } from "./parallel-scheduler.ts";
import type { Project } from "./project.ts";
import { rankBy } from "./rank-by.ts";
import type { Found } from "./search.ts";

/** The parallel scheme with the rule of the latest finish time: in n log n, a schedule to begin with. */
export function constructSchedule(project: Project, scheduler: ParallelScheduler): Found {
  const { size, duration, after, topological } = project;
  const tails = earliestStarts({ duration, before: after }, topological.toReversed());
  const starts = new Int32Array(size);
  const makespan = scheduler.schedule(
    rankBy(size, (task) => -at(tails, task)),
    starts,
    false,
  );
  return { starts, makespan };
}
