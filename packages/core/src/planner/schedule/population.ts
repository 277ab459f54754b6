import { at } from "../digraph.ts";

/** Schedules to breed from: for each its list, its starts, its makespan, and a hash by which equal ones are known. */
export class Population {
  readonly size: number;
  readonly capacity: number;
  count = 0;
  readonly #orders: Int32Array;
  readonly #starts: Int32Array;
  readonly #makespans: Int32Array;
  readonly #hashes: Int32Array;

  constructor(size: number, capacity: number) {
    this.size = size;
    this.capacity = capacity;
    this.#orders = new Int32Array(size * capacity);
    this.#starts = new Int32Array(size * capacity);
    this.#makespans = new Int32Array(capacity);
    this.#hashes = new Int32Array(capacity);
  }

  clone(): Population {
    const copy = new Population(this.size, this.capacity);
    copy.count = this.count;
    copy.#orders.set(this.#orders);
    copy.#starts.set(this.#starts);
    copy.#makespans.set(this.#makespans);
    copy.#hashes.set(this.#hashes);
    return copy;
  }

  order(member: number): Int32Array {
    return this.#orders.subarray(member * this.size, (member + 1) * this.size);
  }

  starts(member: number): Int32Array {
    return this.#starts.subarray(member * this.size, (member + 1) * this.size);
  }

  makespan(member: number): number {
    return at(this.#makespans, member);
  }

  worst(): number {
    let worst = 0;
    for (let i = 1; i < this.count; i++) if (this.makespan(i) >= this.makespan(worst)) worst = i;
    return worst;
  }

  /** Adds a schedule, in the place of the longest where there is no room. False for one that is there or is longer. */
  add(order: Int32Array, starts: Int32Array, makespan: number): boolean {
    const hash = hashOf(starts);
    for (let i = 0; i < this.count; i++) {
      if (at(this.#hashes, i) === hash && this.makespan(i) === makespan) return false;
    }
    const full = this.count === this.capacity;
    const place = full ? this.worst() : this.count++;
    if (full && makespan > this.makespan(place)) return false;
    this.order(place).set(order);
    this.starts(place).set(starts);
    this.#makespans[place] = makespan;
    this.#hashes[place] = hash;
    return true;
  }
}

/** FNV-1a over whole numbers. */
function hashOf(starts: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < starts.length; i++) hash = Math.imul(hash ^ at(starts, i), 0x01000193);
  return hash;
}
