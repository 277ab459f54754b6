import { prng } from "@nofx/core/testing";

/** All chance of one part of the simulation, out of one seed. */
export class Dice {
  readonly raw: () => number;

  constructor(seed: number) {
    this.raw = prng(seed);
  }

  chance(probability: number): boolean {
    return this.raw() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.raw() * limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** Numbers for another part, which draw nothing from this one any more. */
  split(): Dice {
    return new Dice(this.below(2 ** 31));
  }
}
