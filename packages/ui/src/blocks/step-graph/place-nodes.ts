export interface Placed {
  id: string;
  x: number;
  y: number;
}

export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 52;
const COLUMN = NODE_WIDTH + 44;
const ROW = NODE_HEIGHT + 20;

function smallestGap(values: readonly number[]): number {
  const sorted = [...new Set(values)].toSorted((a, b) => a - b);
  let gap = Number.POSITIVE_INFINITY;
  for (let at = 1; at < sorted.length; at++) {
    gap = Math.min(gap, (sorted[at] ?? 0) - (sorted[at - 1] ?? 0));
  }
  return gap;
}

/**
 * The stored coordinates in our measure: they say what stands beside and below what, the size of a box and the room
 * between boxes are ours. Columns come as close as edges allow, rows as close as boxes do.
 */
export function placeNodes<T extends Placed>(nodes: readonly T[]): T[] {
  const columns = Map.groupBy(nodes, (node) => node.x);
  const gapX = smallestGap([...columns.keys()]);
  const gapY = Math.min(
    ...[...columns.values()].map((column) => smallestGap(column.map((node) => node.y))),
  );
  const scaleX = Number.isFinite(gapX) ? COLUMN / gapX : 1;
  const scaleY = Number.isFinite(gapY) ? ROW / gapY : 1;
  return nodes.map((node) => ({ ...node, x: node.x * scaleX, y: node.y * scaleY }));
}
