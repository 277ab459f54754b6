import { at } from "../digraph.ts";
import type { Project } from "./project.ts";
import { orderBy } from "./rank-by.ts";

/** Whose units each task goes on with: `from[i]` hands over to `to[i]`, which starts once it has ended. */
export interface ResourceLinks {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

interface Pool {
  readonly givers: number[];
  readonly left: number[];
  first: number;
}

/**
 * Resources as they flow through a schedule, from task to task (C. Artigues, F. Roubellat, A polynomial activity insertion
 * algorithm in a multi-resource schedule, 2000). A task takes what has been free longest, so it is linked to one that ends
 * just before it only where it could not have started earlier.
 */
export function linkResources(project: Project, starts: Int32Array): ResourceLinks {
  const { size, duration, resources } = project;
  const { count, units } = resources;
  const NOBODY = -1;
  const pools: Pool[] = Array.from(resources.capacities, (capacity) => ({
    givers: [NOBODY],
    left: [capacity],
    first: 0,
  }));
  const byStart = orderBy(size, (task) => at(starts, task));
  const byEnd = orderBy(size, (task) => at(starts, task) + at(duration, task));
  const from: number[] = [];
  const to: number[] = [];
  let ended = 0;
  for (const task of byStart) {
    for (; ended < size; ended++) {
      const giver = at(byEnd, ended);
      if (at(starts, giver) + at(duration, giver) > at(starts, task)) break;
      pools.forEach(({ givers, left }, r) => {
        const given = at(units, giver * count + r);
        if (given === 0) return;
        givers.push(giver);
        left.push(given);
      });
    }
    for (const [r, pool] of pools.entries()) {
      take(pool, at(units, task * count + r), (giver) => {
        if (giver === NOBODY) return;
        from.push(giver);
        to.push(task);
      });
    }
  }
  return { from, to };
}

function take(pool: Pool, wanted: number, each: (giver: number) => void): void {
  for (let missing = wanted; missing > 0;) {
    const left = pool.left[pool.first] as number;
    const taken = Math.min(left, missing);
    each(pool.givers[pool.first] as number);
    missing -= taken;
    pool.left[pool.first] = left - taken;
    if (left === taken) pool.first++;
  }
}
