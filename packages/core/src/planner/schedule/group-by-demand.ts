import { at } from "../digraph.ts";
import type { Project } from "./project.ts";

/** Tasks of one demand: where one of them does not fit, none does. */
export interface DemandGroups {
  readonly count: number;
  readonly of: Int32Array;
  /** The packed demand of group g: the words from `demand[g * words]` on. */
  readonly demand: Int32Array;
}

export function groupByDemand({ size, resources: { words, demand } }: Project): DemandGroups {
  const groups = new Map<string | number, number>();
  const of = new Int32Array(size);
  const all: number[] = [];
  for (let task = 0; task < size; task++) {
    const row = demand.subarray(task * words, (task + 1) * words);
    const key = words === 1 ? at(row, 0) : row.join();
    let group = groups.get(key);
    if (group === undefined) {
      group = groups.size;
      groups.set(key, group);
      all.push(...row);
    }
    of[task] = group;
  }
  return { count: groups.size, of, demand: Int32Array.from(all) };
}
