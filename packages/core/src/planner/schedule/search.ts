import { at } from "../digraph.ts";
import { Justifier } from "./justifier.ts";
import { Population } from "./population.ts";
import type { Project } from "./project.ts";
import { SeededRandom } from "./random.ts";
import { OrderSampler } from "./sample-order.ts";

export const tune = { pop: 40, mut: 0.05, peak: 0.5, stag: 1e9, tour: 2 };

export class Search {
  readonly project: Project;
  readonly random: SeededRandom;
  population: Population;
  readonly justifier: Justifier;
  readonly sampler: OrderSampler;
  readonly child: Int32Array;
  readonly starts: Int32Array;
  readonly mark: Uint8Array;
  best: Int32Array;
  makespan = 1e9;
  iterations = 0;
  since = 0;
  dups = 0;

  constructor(project: Project, tails: Int32Array, seed: number) {
    this.project = project;
    this.random = new SeededRandom(seed);
    this.population = new Population(project.size, tune.pop);
    this.justifier = new Justifier(project);
    this.sampler = new OrderSampler(project, tails);
    this.child = new Int32Array(project.size);
    this.starts = new Int32Array(project.size);
    this.mark = new Uint8Array(project.size);
    this.best = new Int32Array(project.size);
  }

  step(): void {
    const { population, random, child } = this;
    this.iterations++;
    if (population.count < population.capacity) this.sampler.sample(random, child);
    else {
      const a = this.select();
      let b = this.select();
      if (a === b) b = (a + 1 + random.below(population.count - 1)) % population.count;
      this.cross(a, b);
      this.mutate();
    }
    const makespan = this.justifier.schedule(child, this.starts);
    this.since++;
    if (makespan < this.makespan) {
      this.makespan = makespan;
      this.best.set(this.starts);
      this.since = 0;
    }
    if (!population.add(child, this.starts, makespan)) this.dups++;
    if (this.since > tune.stag) {
      population.count = 0;
      this.since = 0;
    }
  }

  select(): number {
    const { population, random } = this;
    let best = random.below(population.count);
    for (let i = 1; i < tune.tour; i++) {
      const other = random.below(population.count);
      if (population.makespan(other) < population.makespan(best)) best = other;
    }
    return best;
  }

  cross(a: number, b: number): void {
    const { population, random, child, mark } = this;
    const size = child.length;
    const father = population.order(a);
    const mother = population.order(b);
    const length = Math.max(1, Math.floor(size * (0.25 + 0.5 * random.next())));
    const first = random.below(size - length + 1);
    const last = first + length;
    // child: mother's first `first`, then father's tasks in his order.. two-point
    mark.fill(0);
    let place = 0;
    for (; place < first; place++) {
      const t = at(mother, place);
      child[place] = t;
      mark[t] = 1;
    }
    for (let i = 0; i < size && place < last; i++) {
      const t = at(father, i);
      if (mark[t] === 1) continue;
      child[place++] = t;
      mark[t] = 1;
    }
    for (let i = 0; place < size; i++) {
      const t = at(mother, i);
      if (mark[t] === 1) continue;
      child[place++] = t;
    }
  }

  mutate(): void {
    const {
      random,
      child,
      project: { before },
    } = this;
    for (let i = 1; i < child.length; i++) {
      if (random.next() >= tune.mut) continue;
      const t = at(child, i);
      const u = at(child, i - 1);
      let linked = false;
      for (let arc = at(before.start, t); arc < at(before.start, t + 1); arc++)
        if (at(before.task, arc) === u) linked = true;
      if (linked) continue;
      child[i] = u;
      child[i - 1] = t;
    }
  }
}
