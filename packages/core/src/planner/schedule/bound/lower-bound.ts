import { at } from "../../digraph.ts";
import { earliestStarts } from "../earliest-starts.ts";
import type { Project } from "../project.ts";
import { countResources, plainResources } from "./derived-resources.ts";
import { disjunctiveSets } from "./disjunctive-sets.ts";
import { intervalBound } from "./interval-bound.ts";
import type { Resource, Windows } from "./resource.ts";

/** Projects beyond have the bounds that take linear time, and no others. */
const MAX_SIZE = 2_000;
const MAX_SIZE_OF_SETS = 500;

/**
 * No schedule is shorter: the longest of the critical path, of the work that each resource has to do within any interval,
 * the same for what follows from the resources (see `countResources`), and for sets of tasks of which no two may run
 * together.
 */
export function lowerBoundOf(project: Project): number {
  const { size, duration, before, after, topological } = project;
  const heads = earliestStarts({ duration, before }, topological);
  const tails = earliestStarts({ duration, before: after }, topological.toReversed());
  const windows: Windows = { duration, heads, tails };
  let bound = 0;
  for (let task = 0; task < size; task++) {
    bound = Math.max(bound, at(heads, task) + at(duration, task) + at(tails, task));
  }
  const resources = plainResources(project);
  for (const resource of resources) bound = Math.max(bound, workBound(windows, resource));
  if (size > MAX_SIZE) return bound;
  const sets = size > MAX_SIZE_OF_SETS ? [] : disjunctiveSets(project);
  for (const resource of [...sets, ...resources, ...countResources(project)]) {
    bound = intervalBound(windows, resource, bound);
  }
  return bound;
}

function workBound({ duration, heads, tails }: Windows, resource: Resource): number {
  let head = Infinity;
  let tail = Infinity;
  let work = 0;
  for (let i = 0; i < resource.tasks.length; i++) {
    const task = at(resource.tasks, i);
    head = Math.min(head, at(heads, task));
    tail = Math.min(tail, at(tails, task));
    work += at(resource.units, i) * at(duration, task);
  }
  return work === 0 ? 0 : head + Math.ceil(work / resource.capacity) + tail;
}
