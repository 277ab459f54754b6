import { at } from "../digraph.ts";
import type { Project } from "./project.ts";
import type { SeededRandom } from "./random.ts";

/** The odds that a task changes places with the one before it. */
const MUTATION = 0.05;
/** The share of the list that comes from the father. */
const LEAST_SHARE = 0.25;
const MOST_SHARE = 0.75;

/**
 * Two-point crossover for lists of tasks (S. Hartmann, A competitive genetic algorithm for resource-constrained project
 * scheduling, 1998): the first tasks from the mother, then those that are missing in the order of the father up to some
 * place, the rest in the order of the mother. A task stays behind those it comes after, as in both parents.
 */
export function cross(
  mother: Int32Array,
  father: Int32Array,
  random: SeededRandom,
  taken: Uint8Array,
  child: Int32Array,
): void {
  const size = child.length;
  const share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * random.next();
  const length = Math.max(1, Math.floor(size * share));
  const first = random.below(size - length + 1);
  taken.fill(0);
  let place = 0;
  for (; place < first; place++) {
    const task = at(mother, place);
    child[place] = task;
    taken[task] = 1;
  }
  for (let i = 0; place < first + length; i++) {
    const task = at(father, i);
    if (taken[task] === 1) continue;
    child[place++] = task;
    taken[task] = 1;
  }
  for (let i = 0; place < size; i++) {
    const task = at(mother, i);
    if (taken[task] !== 1) child[place++] = task;
  }
}

/** Lets neighbours in the list change places here and there, unless one comes after the other. */
export function mutate(list: Int32Array, { before }: Project, random: SeededRandom): void {
  for (let place = 1; place < list.length; place++) {
    if (random.next() >= MUTATION) continue;
    const task = at(list, place);
    const other = at(list, place - 1);
    let linked = false;
    for (let arc = at(before.start, task); arc < at(before.start, task + 1); arc++) {
      linked ||= at(before.task, arc) === other;
    }
    if (linked) continue;
    list[place] = other;
    list[place - 1] = task;
  }
}
