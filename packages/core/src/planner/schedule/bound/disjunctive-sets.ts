import { at } from "../../digraph.ts";
import type { Apart } from "./tasks-apart.ts";
import type { Project } from "../project.ts";
import type { Resource } from "./resource.ts";

/**
 * Sets of tasks of which no two can run together, because one comes after the other or both together need too much: chosen
 * greedily from each task on, those of most work first (A. Mingozzi, V. Maniezzo, S. Ricciardelli, L. Bianco, An exact
 * algorithm for project scheduling with resource constraints, 1998).
 */
export function disjunctiveSets(project: Project, { any }: Apart): Resource[] {
  const { size, duration } = project;
  const byDuration = Array.from({ length: size }, (_, task) => task)
    .filter((task) => at(duration, task) > 0)
    .toSorted((a, b) => at(duration, b) - at(duration, a));
  const seen = new Set<string>();
  const sets: Resource[] = [];
  for (const first of byDuration) {
    const set = [first];
    for (const other of byDuration) {
      if (set.every((task) => any[task * size + other] === 1)) set.push(other);
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
