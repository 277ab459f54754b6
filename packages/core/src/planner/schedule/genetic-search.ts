import { cross, mutate } from "./breed.ts";
import { Justifier } from "./justifier.ts";
import { Population } from "./population.ts";
import type { Project } from "./project.ts";
import { SeededRandom } from "./random.ts";
import { OrderSampler } from "./sample-order.ts";
import type { Found, Search } from "./search.ts";

/**
 * Members of the first population. Larger ones end with shorter schedules, and take longer to get there: measured, some 160 pay off
 * for 120 tasks within 5 s, and beyond fewer, because each child takes longer.
 */
const firstPopulation = (size: number) =>
  Math.ceil(Math.max(30, Math.min(2 * size, 20_000 / Math.max(1, size))));
const MOST_POPULATION = 640;
/** Children of a population, for each member, without a shorter schedule: then a new and larger one begins. */
const PATIENCE = 60;

/** Memory that every step uses anew; no state. */
export interface Scratch {
  readonly project: Project;
  readonly sampler: OrderSampler;
  readonly justifier: Justifier;
  readonly child: Int32Array;
  readonly starts: Int32Array;
  readonly taken: Uint8Array;
}

export function scratchFor(project: Project): Scratch {
  const { size } = project;
  return {
    project,
    sampler: new OrderSampler(project),
    justifier: new Justifier(project),
    child: new Int32Array(size),
    starts: new Int32Array(size),
    taken: new Uint8Array(size),
  };
}

/**
 * The hybrid genetic algorithm of V. Valls, F. Ballestin and S. Quintanilla (A hybrid genetic algorithm for the
 * resource-constrained project scheduling problem, 2008): biased samples and then children, each improved by double
 * justification. Ours goes on child by child; a child takes the place of its mother unless it is longer, which keeps the
 * population diverse (K. De Jong's crowding, 1975), and one that finds nothing any more makes room for one of double size.
 */
export class GeneticSearch implements Search {
  readonly #scratch: Scratch;
  readonly #random: SeededRandom;
  #population: Population;
  /** Samples that were drawn for this population. Some were there already. */
  #drawn = 0;
  /** The shortest of this population, and the children since it was found. */
  #shortest = Infinity;
  #since = 0;
  #best: Found;

  constructor(scratch: Scratch, random: number, best: Found, population?: Population) {
    const { size } = scratch.project;
    this.#scratch = scratch;
    this.#random = new SeededRandom(random);
    this.#best = best;
    this.#population = population ?? new Population(size, firstPopulation(size));
  }

  get best(): Found {
    return this.#best;
  }

  clone(): GeneticSearch {
    const population = this.#population.clone();
    const copy = new GeneticSearch(this.#scratch, this.#random.state, this.#best, population);
    copy.#drawn = this.#drawn;
    copy.#shortest = this.#shortest;
    copy.#since = this.#since;
    return copy;
  }

  step(): void {
    const population = this.#population;
    if (this.#drawn < 2 * population.capacity && !population.isFull) this.#sample();
    else if (this.#since < PATIENCE * population.capacity && population.count > 1) this.#breed();
    else this.#beginAnew();
  }

  #sample(): void {
    const { sampler, child, starts } = this.#scratch;
    sampler.sample(this.#random, child);
    const makespan = this.#schedule();
    this.#population.add(child, starts, makespan);
    this.#drawn++;
  }

  #breed(): void {
    const { project, child, starts, taken } = this.#scratch;
    const population = this.#population;
    const random = this.#random;
    const mother = random.below(population.count);
    const other = random.below(population.count - 1);
    const father = other < mother ? other : other + 1;
    cross(population.order(mother), population.order(father), random, taken, child);
    mutate(child, project, random);
    population.replace(mother, child, starts, this.#schedule());
  }

  /** Schedules the child. */
  #schedule(): number {
    const { child, starts, justifier } = this.#scratch;
    const makespan = justifier.schedule(child, starts);
    this.#since++;
    if (makespan < this.#shortest) {
      this.#shortest = makespan;
      this.#since = 0;
    }
    if (makespan < this.#best.makespan) this.#best = { starts: starts.slice(), makespan };
    return makespan;
  }

  #beginAnew(): void {
    const { capacity } = this.#population;
    const larger = Math.min(2 * capacity, MOST_POPULATION);
    this.#population = new Population(this.#scratch.project.size, larger);
    this.#drawn = 0;
    this.#shortest = Infinity;
    this.#since = 0;
  }
}
