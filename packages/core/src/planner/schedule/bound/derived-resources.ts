import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";
import type { Resource } from "./resource.ts";

/** Each resource as it is, with the tasks that take some of it. */
export function plainResources(project: Project): Resource[] {
  const { count, capacities } = project.resources;
  return Array.from({ length: count }, (_, r) =>
    resourceOf(project, at(capacities, r), (task) => at(project.resources.units, task * count + r)),
  );
}

const MOST_TOGETHER = 3;

/**
 * What follows from each resource for how many may run together: where k are fewer than fit, a task counts once for each
 * full (k + 1)th of the capacity that it exceeds, and at most k of these fit (the dual feasible functions of S. Fekete and
 * J. Schepers, 2001). With k = 1 these are the tasks that take more than half of it.
 */
export function countResources(project: Project): Resource[] {
  const { count, capacities, units } = project.resources;
  const all: Resource[] = [];
  for (let r = 0; r < count; r++) {
    for (let k = 1; k <= MOST_TOGETHER; k++) {
      const derived = resourceOf(project, k, (task) => {
        const taken = at(units, task * count + r);
        return taken === 0 ? 0 : Math.ceil(((k + 1) * taken) / at(capacities, r)) - 1;
      });
      if (derived.tasks.length > 1) all.push(derived);
    }
  }
  return all;
}

function resourceOf(
  { size }: Project,
  capacity: number,
  unitsOf: (task: number) => number,
): Resource {
  const tasks: number[] = [];
  const units: number[] = [];
  for (let task = 0; task < size; task++) {
    const taken = unitsOf(task);
    if (taken === 0) continue;
    tasks.push(task);
    units.push(taken);
  }
  return { capacity, tasks: Int32Array.from(tasks), units: Int32Array.from(units) };
}
