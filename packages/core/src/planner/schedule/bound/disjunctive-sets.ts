import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";
import type { Resource } from "./resource.ts";

/**
 * Sets of tasks of which no two can run together, because one comes after the other or both together need too much: chosen
 * greedily from each task on, those of most work first (A. Mingozzi, V. Maniezzo, S. Ricciardelli, L. Bianco, An exact
 * algorithm for project scheduling with resource constraints, 1998).
 */
export function disjunctiveSets(project: Project): Resource[] {
  const { size, duration } = project;
  const apart = incompatible(project);
  const byDuration = Array.from({ length: size }, (_, task) => task)
    .filter((task) => at(duration, task) > 0)
    .toSorted((a, b) => at(duration, b) - at(duration, a));
  const seen = new Set<string>();
  const sets: Resource[] = [];
  for (const first of byDuration) {
    const set = [first];
    for (const other of byDuration) {
      if (set.every((task) => apart[task * size + other] === 1)) set.push(other);
    }
    const key = set.toSorted((a, b) => a - b).join();
    if (seen.has(key)) continue;
    seen.add(key);
    sets.push({
      capacity: 1,
      tasks: Int32Array.from(set),
      units: new Int32Array(set.length).fill(1),
    });
  }
  return sets;
}

/** For each two tasks, whether they can't run together. */
function incompatible({ size, before, topological, resources }: Project): Uint8Array {
  const apart = new Uint8Array(size * size);
  for (const task of topological) {
    for (let arc = at(before.start, task); arc < at(before.start, task + 1); arc++) {
      const other = at(before.task, arc);
      apart[task * size + other] = 1;
      for (let i = 0; i < size; i++) if (apart[other * size + i] === 1) apart[task * size + i] = 1;
    }
  }
  const { count, capacities, units } = resources;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) {
      let together = true;
      for (let r = 0; r < count; r++) {
        together &&= at(units, a * count + r) + at(units, b * count + r) <= at(capacities, r);
      }
      const known = apart[a * size + b] === 1 || apart[b * size + a] === 1;
      apart[a * size + b] = apart[b * size + a] = known || !together ? 1 : 0;
    }
  }
  return apart;
}
