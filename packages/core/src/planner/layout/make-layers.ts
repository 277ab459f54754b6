import { at, reversed, successors, type Digraph } from "../digraph.ts";
import { orderNodes } from "../order-nodes.ts";

/**
 * A graph cut into layers, edges only between neighbouring layers. Nodes below `real` are steps; the rest are bends:
 * places where a long edge passes through a layer. All edges that leave one step share one chain of bends.
 */
export interface Layers {
  readonly real: number;
  /** Nodes of each layer, in drawing order. */
  readonly layers: number[][];
  readonly before: readonly number[][];
  readonly after: readonly number[][];
}

const MAX_BENDS_PER_STEP = 8;
const FREE_BENDS = 4_000;

/** Each step one layer behind the last of its needs. Edges that would need too many bends don't steer the drawing. */
export function makeLayers(needs: Digraph): Layers {
  const depth = depths(needs);
  const layers: number[][] = [];
  const before: number[][] = [];
  const after: number[][] = [];
  const add = (layer: number) => {
    const node = before.push([]) - 1;
    after.push([]);
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(node);
    return node;
  };
  const join = (from: number, to: number) => {
    after[from]?.push(to);
    before[to]?.push(from);
  };

  for (let node = 0; node < needs.size; node++) add(at(depth, node));
  const dependants = reversed(needs);
  const longest = longestEdge(dependants, depth);
  for (let node = 0; node < needs.size; node++) {
    const chain = [node];
    const from = at(depth, node);
    for (const head of [...successors(dependants, node)].sort(
      (a, b) => at(depth, a) - at(depth, b),
    )) {
      const span = at(depth, head) - from;
      if (span < 1 || span > longest) continue;
      while (chain.length < span) {
        const bend = add(from + chain.length);
        join(chain.at(-1) as number, bend);
        chain.push(bend);
      }
      join(chain[span - 1] as number, head);
    }
  }
  return { real: needs.size, layers, before, after };
}

function depths(needs: Digraph): Int32Array {
  const { order } = orderNodes(needs, () => 0);
  const place = new Int32Array(needs.size);
  order.forEach((node, i) => (place[node] = i));
  const depth = new Int32Array(needs.size);
  for (const node of order) {
    for (const need of successors(needs, node)) {
      // A need that comes later closes a loop: it is drawn, and does not push.
      if (at(place, need) < at(place, node))
        depth[node] = Math.max(at(depth, node), at(depth, need) + 1);
    }
  }
  return depth;
}

/** The longest edge for which bends are made, so that their number stays in proportion to the steps. */
function longestEdge(dependants: Digraph, depth: Int32Array): number {
  const budget = FREE_BENDS + MAX_BENDS_PER_STEP * dependants.size;
  let longest = dependants.size;
  for (;;) {
    let bends = 0;
    for (let node = 0; node < dependants.size; node++) {
      let reach = 1;
      for (const head of successors(dependants, node)) {
        const span = at(depth, head) - at(depth, node);
        if (span <= longest) reach = Math.max(reach, span);
      }
      bends += reach - 1;
    }
    if (bends <= budget || longest <= 1) return longest;
    longest = longest >> 1;
  }
}
