/**
 * Seeded random numbers whose whole state is one number, so that it fits into the state of a search (mulberry32 of Tommy
 * Ettinger, public domain: a Weyl sequence under a mixing function).
 */
export class SeededRandom {
  /** All that the numbers to come depend on. */
  state: number;

  constructor(state: number) {
    this.state = state | 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    const state = this.state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return (this.next() * bound) | 0;
  }
}
