import { digraph } from "../digraph.ts";
import { makeLayers } from "./make-layers.ts";
import { orderLayers } from "./order-layers.ts";
import { placeRows } from "./place-rows.ts";

export interface LayoutOptions {
  readonly columnWidth?: number;
  readonly rowHeight?: number;
  readonly sweeps?: number;
}

export interface PlacedStep {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/**
 * Where each step stands in the drawing of a plan: left to right by layer, few crossings, short edges. Parts of the
 * plan that don't touch are drawn apart and packed on shelves. The same steps always give the same drawing; whole
 * numbers, from 0, in the order of `steps`.
 */
export function layoutPlan(
  steps: readonly { readonly name: string; readonly needs: readonly string[] }[],
  { columnWidth = 280, rowHeight = 96, sweeps = sweepsFor(steps.length) }: LayoutOptions = {},
): PlacedStep[] {
  const nodeOf = new Map(steps.map((step, node) => [step.name, node]));
  const needsOf = steps.map((step, node) =>
    step.needs.flatMap((need) => {
      const target = nodeOf.get(need);
      return target === undefined || target === node ? [] : [target];
    }),
  );
  const parts = partsOf(needsOf).map((nodes) => drawPart(nodes, needsOf, sweeps));
  const placed = new Map<number, { column: number; row: number }>();
  for (const { part, column, row } of packed(parts)) {
    part.nodes.forEach((node, i) => {
      placed.set(node, {
        column: column + (part.columns[i] as number),
        row: row + (part.rows[i] as number),
      });
    });
  }
  return steps.map(({ name }, node) => {
    const { column, row } = placed.get(node) ?? { column: 0, row: 0 };
    return { name, x: Math.round(column * columnWidth), y: Math.round(row * rowHeight) };
  });
}

/** More sweeps untangle more; on large plans each costs more and nobody looks at single edges. */
function sweepsFor(steps: number): number {
  return steps <= 1_000 ? 16 : steps <= 5_000 ? 4 : 1;
}

interface Part {
  readonly nodes: readonly number[];
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** Connected parts, the largest first. */
function partsOf(needsOf: readonly (readonly number[])[]): number[][] {
  const leader = needsOf.map((_, node) => node);
  const find = (node: number) => {
    let root = node;
    while (leader[root] !== root) root = leader[root] as number;
    for (let next = node; next !== root;) {
      const up = leader[next] as number;
      leader[next] = root;
      next = up;
    }
    return root;
  };
  needsOf.forEach((needs, node) => {
    for (const need of needs) {
      const [a, b] = [find(node), find(need)];
      leader[Math.max(a, b)] = Math.min(a, b);
    }
  });
  const parts = new Map<number, number[]>();
  needsOf.forEach((_, node) => {
    const root = find(node);
    const part = parts.get(root);
    if (part === undefined) parts.set(root, [node]);
    else part.push(node);
  });
  return [...parts.values()].sort(
    (a, b) => b.length - a.length || (a[0] as number) - (b[0] as number),
  );
}

function drawPart(
  nodes: readonly number[],
  needsOf: readonly (readonly number[])[],
  sweeps: number,
): Part {
  if (nodes.length === 1) return { nodes, columns: [0], rows: [0], width: 1, height: 1 };
  const local = new Map(nodes.map((node, i) => [node, i]));
  const graph = digraph(nodes.length, (i) =>
    (needsOf[nodes[i] as number] ?? []).map((need) => local.get(need) as number),
  );
  const layers = orderLayers(makeLayers(graph), sweeps);
  const rows = [...placeRows(layers).subarray(0, nodes.length)];
  const top = rows.reduce((a, b) => Math.min(a, b), Infinity);
  const bottom = rows.reduce((a, b) => Math.max(a, b), -Infinity);
  const columns = nodes.map(() => 0);
  layers.layers.forEach((layer, column) => {
    for (const node of layer) if (node < nodes.length) columns[node] = column;
  });
  return {
    nodes,
    columns,
    rows: rows.map((row) => row - top),
    width: layers.layers.length,
    height: Math.ceil(bottom - top) + 1,
  };
}

const ASPECT = 0.6;

/** Shelves: parts side by side until the drawing is as wide as it should be, then the next shelf below. */
function packed(parts: readonly Part[]): { part: Part; column: number; row: number }[] {
  const area = parts.reduce((sum, part) => sum + part.width * part.height, 0);
  const widest = parts.reduce((most, part) => Math.max(most, part.width), 1);
  const width = Math.max(widest, Math.ceil(Math.sqrt(area * ASPECT)));
  let [column, row, shelf] = [0, 0, 0];
  return parts.map((part) => {
    if (column > 0 && column + part.width > width) {
      row += shelf;
      [column, shelf] = [0, 0];
    }
    const placed = { part, column, row };
    column += part.width;
    shelf = Math.max(shelf, part.height);
    return placed;
  });
}
