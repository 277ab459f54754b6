/**
 * Finds the closest of many names for "did you mean". Comparing is O(names) a question, so the finder has a budget of
 * comparisons: a document with a thousand wrong names gets suggestions for the first ones and a quick answer.
 */
export function nameFinder(names: Iterable<string>, budget = 300_000) {
  const byLength = new Map<number, string[]>();
  for (const name of names) {
    const group = byLength.get(name.length);
    if (group) group.push(name);
    else byLength.set(name.length, [name]);
  }
  const found = new Map<string, string | undefined>();
  let left = budget;

  return function closest(wanted: string): string | undefined {
    if (found.has(wanted)) return found.get(wanted);
    let limit = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)));
    let best: string | undefined;
    for (const length of lengthsNear(wanted.length, limit)) {
      for (const name of byLength.get(length) ?? []) {
        if (left-- <= 0) return best;
        const distance = editDistance(wanted, name, limit);
        if (distance > limit || (best !== undefined && distance === limit)) continue;
        best = name;
        limit = distance;
      }
    }
    found.set(wanted, best);
    return best;
  };
}

function lengthsNear(length: number, limit: number): number[] {
  const lengths = [length];
  for (let d = 1; d <= limit; d++) lengths.push(length - d, length + d);
  return lengths;
}

/** Levenshtein distance, counting a swap of neighbours as one; anything above `limit` is `limit + 1`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let twoBack: number[] = [];
  let back = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (back[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (back[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (twoBack[j - 2] as number) + 1);
      }
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit && Math.min(...back) > limit) return limit + 1;
    twoBack = back;
    back = row;
  }
  return Math.min(back[b.length] as number, limit + 1);
}
