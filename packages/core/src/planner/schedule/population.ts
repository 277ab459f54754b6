import { at } from "../digraph.ts";

/** Schedules to breed from: for each its list, its makespan, and a hash of its starts by which equal ones are known. */
export class Population {
  readonly capacity: number;
  readonly #size: number;
  readonly #orders: Int32Array;
  readonly #makespans: Int32Array;
  readonly #hashes: Int32Array;
  #count = 0;

  constructor(size: number, capacity: number) {
    this.capacity = capacity;
    this.#size = size;
    this.#orders = new Int32Array(size * capacity);
    this.#makespans = new Int32Array(capacity);
    this.#hashes = new Int32Array(capacity);
  }

  clone(): Population {
    const copy = new Population(this.#size, this.capacity);
    copy.#orders.set(this.#orders);
    copy.#makespans.set(this.#makespans);
    copy.#hashes.set(this.#hashes);
    copy.#count = this.#count;
    return copy;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  order(member: number): Int32Array {
    return this.#orders.subarray(member * this.#size, (member + 1) * this.#size);
  }

  makespan(member: number): number {
    return at(this.#makespans, member);
  }

  /** Adds a schedule, unless an equal one is there. */
  add(order: Int32Array, starts: Int32Array, makespan: number): boolean {
    const hash = hashOf(starts);
    if (this.#knows(hash, makespan)) return false;
    this.#put(this.#count++, order, makespan, hash);
    return true;
  }

  /** Puts a schedule in the place of a member that is no shorter, unless an equal one is there. */
  replace(member: number, order: Int32Array, starts: Int32Array, makespan: number): boolean {
    if (makespan > this.makespan(member)) return false;
    const hash = hashOf(starts);
    if (this.#knows(hash, makespan)) return false;
    this.#put(member, order, makespan, hash);
    return true;
  }

  #knows(hash: number, makespan: number): boolean {
    for (let i = 0; i < this.#count; i++) {
      if (at(this.#hashes, i) === hash && at(this.#makespans, i) === makespan) return true;
    }
    return false;
  }

  #put(member: number, order: Int32Array, makespan: number, hash: number): void {
    this.order(member).set(order);
    this.#makespans[member] = makespan;
    this.#hashes[member] = hash;
  }
}

/** FNV-1a over whole numbers. */
function hashOf(starts: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < starts.length; i++) hash = Math.imul(hash ^ at(starts, i), 0x01000193);
  return hash;
}
