import { at } from "../digraph.ts";
import { groupByDemand, type DemandGroups } from "./group-by-demand.ts";
import { Heap } from "./heap.ts";
import type { Arcs, Project } from "./project.ts";

/**
 * The parallel schedule generation scheme: time goes from event to event, and at each those of the waiting tasks start that
 * fit, by rank (J. Kelley, The critical path method: resources planning and scheduling, 1963; R. Kolisch, 1996). Waiting
 * tasks are kept by demand, so an event looks at the first of each demand and not at all: it takes n log n where demands are
 * few, which large plans need.
 */
export class ParallelScheduler {
  readonly #project: Project;
  readonly #groups: DemandGroups;
  readonly #missing: Int32Array;
  readonly #ready: Int32Array;
  readonly #free: Int32Array;
  readonly #taskAt: Int32Array;
  /** Groups with waiting tasks, and the place of each group among them, or -1. */
  readonly #open: Int32Array;
  readonly #placeOf: Int32Array;
  #openCount = 0;

  constructor(project: Project) {
    this.#project = project;
    this.#groups = groupByDemand(project);
    this.#missing = new Int32Array(project.size);
    this.#ready = new Int32Array(project.size);
    this.#free = new Int32Array(project.resources.words);
    this.#taskAt = new Int32Array(project.size);
    this.#open = new Int32Array(this.#groups.count);
    this.#placeOf = new Int32Array(this.#groups.count);
  }

  /** Writes the starts, answers the makespan. A task of lower rank goes first. `backwards`: along the arcs turned round. */
  schedule(ranks: Int32Array, starts: Int32Array, backwards: boolean): number {
    const { size, duration } = this.#project;
    const before = backwards ? this.#project.after : this.#project.before;
    const after = backwards ? this.#project.before : this.#project.after;
    const waiting: Heap[] = Array.from({ length: this.#groups.count }, () => new Heap());
    // an event is `time * 2 size + task` for an end, and so much more by `size` for a task whose lag is over
    const events = new Heap();
    this.#begin(before, ranks);
    for (let task = 0; task < size; task++) {
      if (this.#missing[task] === 0) this.#wait(waiting, ranks, task);
    }
    let now = 0;
    for (;;) {
      this.#startFitting(waiting, (task) => {
        starts[task] = now;
        this.#take(task, -1);
        events.push((now + at(duration, task)) * 2 * size + task);
      });
      if (events.size === 0) return now;
      const code = events.least();
      now = Math.floor(code / (2 * size));
      const limit = (now + 1) * 2 * size;
      while (events.size > 0 && events.least() < limit) {
        const event = events.pop() - now * 2 * size;
        if (event >= size) this.#wait(waiting, ranks, event - size);
        else {
          this.#take(event, 1);
          this.#release(after, event, now, (task, ready) => {
            if (ready === now) this.#wait(waiting, ranks, task);
            else events.push(ready * 2 * size + size + task);
          });
        }
      }
    }
  }

  #begin(before: Arcs, ranks: Int32Array): void {
    const { size, resources } = this.#project;
    this.#free.set(resources.free);
    this.#ready.fill(0);
    this.#placeOf.fill(-1);
    this.#openCount = 0;
    for (let task = 0; task < size; task++) {
      this.#missing[task] = at(before.start, task + 1) - at(before.start, task);
      this.#taskAt[at(ranks, task)] = task;
    }
  }

  #wait(waiting: Heap[], ranks: Int32Array, task: number): void {
    const group = at(this.#groups.of, task);
    (waiting[group] as Heap).push(at(ranks, task));
    if (at(this.#placeOf, group) !== -1) return;
    this.#placeOf[group] = this.#openCount;
    this.#open[this.#openCount++] = group;
  }

  #startFitting(waiting: Heap[], start: (task: number) => void): void {
    const { guards } = this.#project.resources;
    const { demand, of } = this.#groups;
    const free = this.#free;
    const open = this.#open;
    const firsts = new Heap();
    for (let i = 0; i < this.#openCount; i++) {
      const group = at(open, i);
      if (fits(free, guards, demand, group)) firsts.push((waiting[group] as Heap).least());
    }
    while (firsts.size > 0) {
      const task = at(this.#taskAt, firsts.pop());
      const group = at(of, task);
      if (!fits(free, guards, demand, group)) continue;
      const others = waiting[group] as Heap;
      others.pop();
      start(task);
      if (others.size === 0) this.#close(group);
      else if (fits(free, guards, demand, group)) firsts.push(others.least());
    }
  }

  #close(group: number): void {
    const place = at(this.#placeOf, group);
    const last = at(this.#open, --this.#openCount);
    this.#open[place] = last;
    this.#placeOf[last] = place;
    this.#placeOf[group] = -1;
  }

  #take(task: number, sign: 1 | -1): void {
    const { words, demand } = this.#project.resources;
    for (let word = 0; word < words; word++) {
      this.#free[word] = at(this.#free, word) + sign * at(demand, task * words + word);
    }
  }

  #release(
    after: Arcs,
    task: number,
    now: number,
    waits: (task: number, ready: number) => void,
  ): void {
    for (let arc = at(after.start, task); arc < at(after.start, task + 1); arc++) {
      const next = at(after.task, arc);
      const ready = Math.max(at(this.#ready, next), now + at(after.lag, arc));
      const left = at(this.#missing, next) - 1;
      this.#ready[next] = ready;
      this.#missing[next] = left;
      if (left === 0) waits(next, ready);
    }
  }
}

function fits(free: Int32Array, guards: Int32Array, demand: Int32Array, group: number): boolean {
  const words = guards.length;
  for (let word = 0; word < words; word++) {
    const guard = at(guards, word);
    if (((at(free, word) - at(demand, group * words + word)) & guard) !== guard) return false;
  }
  return true;
}
