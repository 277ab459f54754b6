import { at } from "../digraph.ts";
import type { ParallelScheduler } from "./parallel-scheduler.ts";
import type { Project } from "./project.ts";
import { SeededRandom } from "./random.ts";
import { rankBy } from "./rank-by.ts";
import type { Found, Search } from "./search.ts";

/** How far a task may move in the order of a schedule, as a share of the makespan. */
const SHAKE = 0.02;

/**
 * For projects of thousands of tasks: the best schedule is shaken a little, then made anew from its end to its start and
 * from there to its end, each time in the order of the schedule before (forward and backward passes of K. Li, R. Willis, An
 * iterative scheduling technique for resource-constrained project scheduling, 1992, with the parallel scheme).
 */
export class LargeSearch implements Search {
  readonly #project: Project;
  readonly #scheduler: ParallelScheduler;
  readonly #random: SeededRandom;
  #best: Found;

  constructor(project: Project, scheduler: ParallelScheduler, random: number, best: Found) {
    this.#project = project;
    this.#scheduler = scheduler;
    this.#random = new SeededRandom(random);
    this.#best = best;
  }

  get best(): Found {
    return this.#best;
  }

  clone(): LargeSearch {
    return new LargeSearch(this.#project, this.#scheduler, this.#random.state, this.#best);
  }

  step(): void {
    const { size, duration } = this.#project;
    const { starts: from, makespan: length } = this.#best;
    const shake = Math.ceil(length * SHAKE) + 1;
    const late = new Int32Array(size);
    const latest = this.#scheduler.schedule(
      rankBy(size, (task) => this.#random.below(shake) - at(from, task) - at(duration, task)),
      late,
      true,
    );
    const starts = new Int32Array(size);
    const makespan = this.#scheduler.schedule(
      rankBy(size, (task) => latest - at(late, task) - at(duration, task)),
      starts,
      false,
    );
    if (makespan <= length) this.#best = { starts, makespan };
  }
}
