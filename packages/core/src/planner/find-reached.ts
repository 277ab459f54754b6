import { at, outDegree, reversed, successors, type Digraph } from "./digraph.ts";

/** A question: can `from` reach `to` over one edge or more? */
export interface ReachQuery {
  readonly from: number;
  readonly to: number;
}

/**
 * Answers many reachability questions at once: 32 targets a pass as bits of one word, pushed back along the edges in
 * topological order, so that the cost is (V + E) per 32 targets and not per question. A node that leads into a loop has
 * no place in that order: its questions are answered with yes, and the loop is reported instead.
 */
export function findReached(graph: Digraph, queries: readonly ReachQuery[]): boolean[] {
  const answers = queries.map(({ from, to }) => successors(graph, from).includes(to));
  const far = queries.map((_, i) => i).filter((i) => answers[i] === false);
  if (far.length === 0) return answers;
  const order = sinksFirst(graph);
  const placed = new Uint8Array(graph.size);
  for (const node of order) placed[node] = 1;
  const targets = [...new Set(far.map((i) => (queries[i] as ReachQuery).to))];
  for (let first = 0; first < targets.length; first += 32) {
    const bits = new Map(
      targets.slice(first, first + 32).map((target, bit) => [target, 1 << bit] as const),
    );
    const reaches = reachMasks(graph, order, bits);
    for (const i of far) {
      const { from, to } = queries[i] as ReachQuery;
      const bit = bits.get(to) ?? 0;
      if (placed[from] === 0 || (at(reaches, from) & bit) !== 0) answers[i] = true;
    }
  }
  return answers;
}

function reachMasks(graph: Digraph, order: Int32Array, bits: ReadonlyMap<number, number>) {
  const reaches = new Int32Array(graph.size);
  const own = new Int32Array(graph.size);
  for (const [target, bit] of bits) own[target] = bit;
  for (const node of order) {
    let mask = 0;
    for (let e = at(graph.start, node); e < at(graph.start, node + 1); e++) {
      const head = at(graph.heads, e);
      mask |= at(reaches, head) | at(own, head);
    }
    reaches[node] = mask;
  }
  return reaches;
}

function sinksFirst(graph: Digraph): Int32Array {
  const incoming = reversed(graph);
  const open = Int32Array.from({ length: graph.size }, (_, i) => outDegree(graph, i));
  const order = new Int32Array(graph.size);
  let filled = 0;
  for (let node = 0; node < graph.size; node++) if (open[node] === 0) order[filled++] = node;
  for (let next = 0; next < filled; next++) {
    for (const before of successors(incoming, at(order, next))) {
      open[before] = at(open, before) - 1;
      if (open[before] === 0) order[filled++] = before;
    }
  }
  return order.subarray(0, filled);
}
