import { at } from "../digraph.ts";
import type { Profile } from "./profile.ts";
import type { Project } from "./project.ts";

/** A profile with one row for each unit of time: the fastest there is while durations are short. */
export class TimeGrid implements Profile {
  readonly #duration: Int32Array;
  readonly #demand: Int32Array;
  readonly #guards: Int32Array;
  readonly #nothingRuns: Int32Array;
  readonly #words: number;
  readonly #free: Int32Array;
  /** Rows beyond are as they were cleared. */
  #used: number;

  constructor({ duration, resources, horizon }: Project) {
    this.#duration = duration;
    this.#demand = resources.demand;
    this.#guards = resources.guards;
    this.#nothingRuns = resources.free;
    this.#words = resources.words;
    this.#free = new Int32Array((horizon + 1) * resources.words);
    this.#used = horizon + 1;
    this.clear();
  }

  clear(): void {
    const words = this.#words;
    if (words === 1) this.#free.fill(at(this.#nothingRuns, 0), 0, this.#used);
    else {
      for (let i = 0; i < this.#used * words; i++) this.#free[i] = at(this.#nothingRuns, i % words);
    }
    this.#used = 0;
  }

  place(task: number, from: number): number {
    return this.#words === 1 ? this.#placeOne(task, from) : this.#placeMany(task, from);
  }

  #placeOne(task: number, from: number): number {
    const duration = at(this.#duration, task);
    const demand = at(this.#demand, task);
    if (demand === 0) return from;
    const guards = at(this.#guards, 0);
    const free = this.#free;
    let start = from;
    let end = from + duration;
    // From the end backwards, as Boyer and Moore search a text: a conflict rules out all starts up to it, and what was
    // looked at behind it need not be looked at again.
    let known = start;
    for (let time = end - 1; time >= known; time--) {
      if (((at(free, time) - demand) & guards) === guards) continue;
      start = time + 1;
      known = end;
      end = start + duration;
      time = end;
    }
    for (let time = start; time < end; time++) free[time] = at(free, time) - demand;
    if (end > this.#used) this.#used = end;
    return start;
  }

  #placeMany(task: number, from: number): number {
    const words = this.#words;
    const duration = at(this.#duration, task);
    let start = from;
    for (let word = 0, done = 0; done < words; word = (word + 1) % words) {
      const next = this.#firstFit(task, word, start);
      done = next === start ? done + 1 : 1;
      start = next;
    }
    for (let word = 0; word < words; word++) {
      const demand = at(this.#demand, task * words + word);
      if (demand === 0) continue;
      for (let time = start; time < start + duration; time++) {
        const place = time * words + word;
        this.#free[place] = at(this.#free, place) - demand;
      }
    }
    if (start + duration > this.#used) this.#used = start + duration;
    return start;
  }

  #firstFit(task: number, word: number, from: number): number {
    const words = this.#words;
    const duration = at(this.#duration, task);
    const demand = at(this.#demand, task * words + word);
    if (demand === 0) return from;
    const guards = at(this.#guards, word);
    const free = this.#free;
    let start = from;
    let end = from + duration;
    let known = start;
    for (let time = end - 1; time >= known; time--) {
      if (((at(free, time * words + word) - demand) & guards) === guards) continue;
      start = time + 1;
      known = end;
      end = start + duration;
      time = end;
    }
    return start;
  }
}
