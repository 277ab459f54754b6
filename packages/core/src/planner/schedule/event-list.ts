import { at } from "../digraph.ts";
import type { Profile } from "./profile.ts";
import type { Project } from "./project.ts";

/** A profile of the times at which something begins or ends: its size does not depend on how long tasks are. */
export class EventList implements Profile {
  readonly #duration: Int32Array;
  readonly #demand: Int32Array;
  readonly #guards: Int32Array;
  readonly #nothingRuns: Int32Array;
  readonly #words: number;
  /** Of event e, `times[e]` and the words from `free[e * words]` on, which hold until the next event. */
  readonly #times: Int32Array;
  readonly #free: Int32Array;
  #count = 0;

  constructor({ size, duration, resources }: Project) {
    this.#duration = duration;
    this.#demand = resources.demand;
    this.#guards = resources.guards;
    this.#nothingRuns = resources.free;
    this.#words = resources.words;
    this.#times = new Int32Array(2 * size + 2);
    this.#free = new Int32Array((2 * size + 2) * resources.words);
    this.clear();
  }

  clear(): void {
    this.#times[0] = 0;
    this.#free.set(this.#nothingRuns);
    this.#count = 1;
  }

  place(task: number, from: number): number {
    const duration = at(this.#duration, task);
    if (duration === 0) return from;
    let first = this.#eventAt(from);
    let start = from;
    let next = first;
    while (next < this.#count && (next === first || at(this.#times, next) < start + duration)) {
      next++;
      if (this.#fits(task, next - 1)) continue;
      first = next;
      start = at(this.#times, next);
    }
    this.#reserve(task, first, start, start + duration);
    return start;
  }

  /** The last event at this time or before it. */
  #eventAt(time: number): number {
    let low = 0;
    let high = this.#count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (at(this.#times, middle) <= time) low = middle;
      else high = middle;
    }
    return low;
  }

  #fits(task: number, event: number): boolean {
    const words = this.#words;
    for (let word = 0; word < words; word++) {
      const guards = at(this.#guards, word);
      const left = at(this.#free, event * words + word) - at(this.#demand, task * words + word);
      if ((left & guards) !== guards) return false;
    }
    return true;
  }

  #reserve(task: number, event: number, start: number, end: number): void {
    const words = this.#words;
    let first = event;
    if (at(this.#times, first) < start) this.#insert(++first, start);
    let last = first;
    while (last + 1 < this.#count && at(this.#times, last + 1) < end) last++;
    if (last + 1 === this.#count || at(this.#times, last + 1) > end) this.#insert(last + 1, end);
    for (let e = first; e <= last; e++) {
      for (let word = 0; word < words; word++) {
        const place = e * words + word;
        this.#free[place] = at(this.#free, place) - at(this.#demand, task * words + word);
      }
    }
  }

  /** An event at which nothing changes yet. */
  #insert(event: number, time: number): void {
    const words = this.#words;
    this.#times.copyWithin(event + 1, event, this.#count);
    this.#free.copyWithin((event + 1) * words, event * words, this.#count * words);
    this.#times[event] = time;
    this.#free.copyWithin(event * words, (event - 1) * words, event * words);
    this.#count++;
  }
}
