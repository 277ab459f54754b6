import { at } from "../digraph.ts";

/** Tasks by a whole number, smallest first; of equal ones in the order given, which is their own unless it is said. */
export function orderBy(
  size: number,
  key: (task: number) => number,
  order: Int32Array = Int32Array.from({ length: size }, (_, task) => task),
): Int32Array {
  const keys = Float64Array.from(order, key);
  const least = keys.reduce((low, value) => Math.min(low, value), Infinity);
  // key and place in one number: sorted without a comparison of ours
  const sorted = keys.map((value, place) => (value - least) * size + place).sort();
  return Int32Array.from(sorted, (value) => at(order, value % size));
}

/** The place of each task in that order. */
export function rankBy(size: number, key: (task: number) => number): Int32Array {
  const ranks = new Int32Array(size);
  orderBy(size, key).forEach((task, place) => {
    ranks[task] = place;
  });
  return ranks;
}
