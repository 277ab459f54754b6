/**
 * Places of a longest strictly increasing subsequence, by patience sorting in O(n log n): M. L. Fredman, On computing the length
 * of longest increasing subsequences, Discrete Mathematics 11, 1975.
 */
export function longestRun(values: readonly number[]): Set<number> {
  /** Place of the least value that ends a run of this length less one. */
  const ends: number[] = [];
  const before: number[] = [];
  values.forEach((value, place) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    before[place] = low === 0 ? -1 : (ends[low - 1] as number);
    ends[low] = place;
  });
  const run = new Set<number>();
  for (let place = ends.at(-1) ?? -1; place >= 0; place = before[place] as number) run.add(place);
  return run;
}
