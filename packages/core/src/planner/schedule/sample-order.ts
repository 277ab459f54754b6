import { at } from "../digraph.ts";
import { earliestStarts } from "./earliest-starts.ts";
import type { Project } from "./project.ts";
import type { SeededRandom } from "./random.ts";

/**
 * Draws lists of tasks at random, in which tasks with longer tails tend to come first: regret-based biased sampling by the
 * rule of the latest finish time (A. Drexl, Scheduling of project networks by job assignment, 1991; rule and exponent as in
 * R. Kolisch, 1996).
 */
export class OrderSampler {
  readonly #project: Project;
  readonly #tails: Int32Array;
  readonly #missing: Int32Array;
  readonly #eligible: Int32Array;

  constructor(project: Project) {
    const { duration, after, topological } = project;
    this.#project = project;
    this.#tails = earliestStarts({ duration, before: after }, topological.toReversed());
    this.#missing = new Int32Array(project.size);
    this.#eligible = new Int32Array(project.size);
  }

  sample(random: SeededRandom, order: Int32Array): void {
    const { size, before, after } = this.#project;
    const missing = this.#missing;
    const eligible = this.#eligible;
    let count = 0;
    for (let task = 0; task < size; task++) {
      missing[task] = at(before.start, task + 1) - at(before.start, task);
      if (missing[task] === 0) eligible[count++] = task;
    }
    for (let place = 0; place < size; place++) {
      const drawn = this.#draw(random, count);
      const task = at(eligible, drawn);
      order[place] = task;
      eligible[drawn] = at(eligible, --count);
      for (let arc = at(after.start, task); arc < at(after.start, task + 1); arc++) {
        const next = at(after.task, arc);
        const left = at(missing, next) - 1;
        missing[next] = left;
        if (left === 0) eligible[count++] = next;
      }
    }
  }

  /** Among the eligible, with odds by how much would be lost if another came first. */
  #draw(random: SeededRandom, count: number): number {
    if (count === 1) return 0;
    const tails = this.#tails;
    const eligible = this.#eligible;
    let least = at(tails, at(eligible, 0));
    for (let i = 1; i < count; i++) least = Math.min(least, at(tails, at(eligible, i)));
    let total = 0;
    for (let i = 0; i < count; i++) total += at(tails, at(eligible, i)) - least + 1;
    let left = random.next() * total;
    for (let i = 0; i < count; i++) {
      left -= at(tails, at(eligible, i)) - least + 1;
      if (left < 0) return i;
    }
    return count - 1;
  }
}
