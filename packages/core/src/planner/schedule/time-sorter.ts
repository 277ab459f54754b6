import { at } from "../digraph.ts";

/** Sorts tasks by a time between 0 and `latest`, in buckets: linear, because times of a schedule are spread evenly. */
export class TimeSorter {
  readonly #first: Int32Array;
  readonly #next: Int32Array;

  constructor(size: number) {
    this.#first = new Int32Array(2 * size + 2);
    this.#next = new Int32Array(size);
  }

  /** Writes into `order` the tasks by their times; those of one time by `rank`, a permutation of the tasks, backwards. */
  sort(times: Int32Array, latest: number, rank: Int32Array, order: Int32Array): void {
    const first = this.#first;
    const next = this.#next;
    const size = order.length;
    const buckets = 2 * size + 1;
    const scale = latest < buckets ? 1 : buckets / (latest + 1);
    const used = scale === 1 ? latest + 1 : buckets;
    first.fill(-1, 0, used);
    for (let i = 0; i < size; i++) {
      const task = at(rank, i);
      const time = at(times, task);
      const bucket = (time * scale) | 0;
      let head = at(first, bucket);
      if (head === -1 || at(times, head) >= time) {
        next[task] = head;
        first[bucket] = task;
        continue;
      }
      while (at(next, head) !== -1 && at(times, at(next, head)) < time) head = at(next, head);
      next[task] = at(next, head);
      next[head] = task;
    }
    let place = 0;
    for (let bucket = 0; bucket < used; bucket++) {
      for (let task = at(first, bucket); task !== -1; task = at(next, task)) order[place++] = task;
    }
  }
}
