export interface GraphLinks {
  id: string;
  needs: readonly string[];
}

/** More nodes than this are unreadable as a picture; the table has all of them. */
export const MAX_DRAWN = 150;

/**
 * The nodes to draw when there are too many: those nearest to `focus` along the edges, or, without one, the first in
 * order. Keeps the given order, so positions and reading order stay.
 */
export function limitNodes<T extends GraphLinks>(
  nodes: readonly T[],
  focus: string | undefined,
  max = MAX_DRAWN,
): readonly T[] {
  if (nodes.length <= max) return nodes;
  const known = new Set(nodes.map((node) => node.id));
  const links = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const node of nodes) {
    for (const need of node.needs) {
      if (!known.has(need)) continue;
      links.get(node.id)?.push(need);
      links.get(need)?.push(node.id);
    }
  }
  const kept = new Set<string>();
  const starts = [...(focus !== undefined && known.has(focus) ? [focus] : []), ...known];
  for (const start of starts) {
    if (kept.size >= max) break;
    const queue = kept.has(start) ? [] : [start];
    kept.add(start);
    for (let at = 0; at < queue.length && kept.size < max; at++) {
      for (const next of links.get(queue[at] ?? "") ?? []) {
        if (kept.size >= max) break;
        if (kept.has(next)) continue;
        kept.add(next);
        queue.push(next);
      }
    }
  }
  return nodes.filter((node) => kept.has(node.id));
}
