import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";

/** For each task the tasks that it can't run beside, as 1 in row `task * size`. */
export interface Apart {
  /** Because one comes after the other. */
  readonly linked: Uint8Array;
  /** Because of that, or because both together need too much of something. */
  readonly any: Uint8Array;
}

export function tasksApart({ size, before, topological, resources }: Project): Apart {
  const linked = new Uint8Array(size * size);
  for (const task of topological) {
    for (let arc = at(before.start, task); arc < at(before.start, task + 1); arc++) {
      const other = at(before.task, arc);
      linked[task * size + other] = 1;
      for (let i = 0; i < size; i++) {
        if (linked[other * size + i] === 1) linked[task * size + i] = 1;
      }
    }
  }
  const any = linked.slice();
  const { count, capacities, units } = resources;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) {
      let together = true;
      for (let r = 0; r < count; r++) {
        together &&= at(units, a * count + r) + at(units, b * count + r) <= at(capacities, r);
      }
      const known = linked[a * size + b] === 1 || linked[b * size + a] === 1;
      linked[a * size + b] = linked[b * size + a] = known ? 1 : 0;
      any[a * size + b] = any[b * size + a] = known || !together ? 1 : 0;
    }
  }
  return { linked, any };
}
