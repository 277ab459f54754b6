import { at, digraph, outDegree, reversed, successors, type Digraph } from "./digraph.ts";

/**
 * One shortest loop inside a strongly connected component, as nodes in edge order, beginning with its smallest.
 *
 * Breadth-first from each node would be O(V·E). Three cuts keep it small on real and on hostile graphs: a loop that is
 * not the whole component passes through a node with two ways out, so only those are roots; a search stops at the
 * length already found; and a root that was searched is taken away, with everything that then lies on no loop.
 */
export function findShortestLoop(graph: Digraph, component: readonly number[]): number[] {
  const local = new Map(component.map((node, i) => [node, i]));
  const inner = digraph(component.length, (i) =>
    [...successors(graph, component[i] as number)].flatMap((head) => {
      const to = local.get(head);
      return to === undefined || to === i ? [] : [to];
    }),
  );
  const search = new LoopSearch(inner);
  const branching = component.map((_, i) => i).filter((i) => outDegree(inner, i) > 1);
  for (const root of branching.length === 0 ? [0] : branching) {
    search.from(root);
    search.remove(root);
  }
  return rotated(search.best.map((i) => component[i] as number));
}

class LoopSearch {
  best: number[] = [];
  readonly #out: Digraph;
  readonly #in: Digraph;
  readonly #gone: Uint8Array;
  readonly #outLeft: Int32Array;
  readonly #inLeft: Int32Array;
  readonly #cameFrom: Int32Array;
  readonly #depth: Int32Array;
  readonly #seenBy: Int32Array;

  constructor(graph: Digraph) {
    const size = graph.size;
    this.#out = graph;
    this.#in = reversed(graph);
    this.#gone = new Uint8Array(size);
    this.#outLeft = Int32Array.from({ length: size }, (_, i) => outDegree(this.#out, i));
    this.#inLeft = Int32Array.from({ length: size }, (_, i) => outDegree(this.#in, i));
    this.#cameFrom = new Int32Array(size);
    this.#depth = new Int32Array(size);
    this.#seenBy = new Int32Array(size).fill(-1);
  }

  /** Keeps the shortest loop through `root` if it is shorter than the best so far. */
  from(root: number): void {
    if (this.#gone[root]) return;
    const limit = this.best.length === 0 ? Infinity : this.best.length - 1;
    const queue = [root];
    this.#seenBy[root] = root;
    this.#depth[root] = 0;
    for (let next = 0; next < queue.length; next++) {
      const node = queue[next] as number;
      if (at(this.#depth, node) >= limit) return;
      for (let e = at(this.#out.start, node); e < at(this.#out.start, node + 1); e++) {
        const head = at(this.#out.heads, e);
        if (head === root) return this.#keep(root, node);
        if (this.#gone[head] || this.#seenBy[head] === root) continue;
        this.#seenBy[head] = root;
        this.#cameFrom[head] = node;
        this.#depth[head] = at(this.#depth, node) + 1;
        queue.push(head);
      }
    }
  }

  #keep(root: number, last: number): void {
    const loop = [last];
    for (let node = last; node !== root;) loop.push((node = at(this.#cameFrom, node)));
    this.best = loop.reverse();
  }

  /** Takes a node away, and after it every node that has no way in or no way out any more. */
  remove(root: number): void {
    if (this.#gone[root]) return;
    this.#gone[root] = 1;
    const queue = [root];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      this.#detach(this.#out, this.#inLeft, node, queue);
      this.#detach(this.#in, this.#outLeft, node, queue);
    }
  }

  #detach(graph: Digraph, left: Int32Array, node: number, queue: number[]): void {
    for (const other of successors(graph, node)) {
      left[other] = at(left, other) - 1;
      if (left[other] !== 0 || this.#gone[other]) continue;
      this.#gone[other] = 1;
      queue.push(other);
    }
  }
}

function rotated(loop: number[]): number[] {
  const least = loop.reduce((a, b) => Math.min(a, b), Infinity);
  const first = loop.indexOf(least);
  return [...loop.slice(first), ...loop.slice(0, first)];
}
