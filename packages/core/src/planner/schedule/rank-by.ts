import { at } from "../digraph.ts";

/** The place of each task by its key, smallest first; equal keys in the order of their numbers. */
export function rankBy(size: number, key: (task: number) => number): Int32Array {
  const keys = Float64Array.from({ length: size }, (_, task) => key(task));
  const order = Int32Array.from({ length: size }, (_, task) => task).sort(
    (a, b) => (keys[a] as number) - (keys[b] as number) || a - b,
  );
  const ranks = new Int32Array(size);
  for (let place = 0; place < size; place++) ranks[at(order, place)] = place;
  return ranks;
}
