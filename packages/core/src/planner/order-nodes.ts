import { at, outDegree, reversed, successors, type Digraph } from "./digraph.ts";

/**
 * Topological order in which, of all nodes whose needs are met, the one with the smallest rank comes next
 * (`needs` points from a node to what it needs). Nodes on or behind a loop come last, in rank order.
 */
export function orderNodes(
  needs: Digraph,
  rank: (node: number) => number,
): { order: number[]; looped: number } {
  const dependants = reversed(needs);
  const open = Int32Array.from({ length: needs.size }, (_, i) => outDegree(needs, i));
  const ranks = Array.from({ length: needs.size }, (_, i) => rank(i));
  const before = (a: number, b: number) => {
    const difference = (ranks[a] as number) - (ranks[b] as number);
    return difference !== 0 ? difference < 0 : a < b;
  };
  const heap = new Heap(before);
  const order: number[] = [];
  for (let node = 0; node < needs.size; node++) if (open[node] === 0) heap.push(node);
  for (let node = heap.pop(); node !== undefined; node = heap.pop()) {
    order.push(node);
    for (const dependant of successors(dependants, node)) {
      open[dependant] = at(open, dependant) - 1;
      if (open[dependant] === 0) heap.push(dependant);
    }
  }
  const looped: number[] = [];
  for (let node = 0; node < needs.size; node++) if (at(open, node) > 0) looped.push(node);
  looped.sort((a, b) => (before(a, b) ? -1 : 1));
  return { order: [...order, ...looped], looped: looped.length };
}

class Heap {
  readonly #items: number[] = [];
  readonly #before: (a: number, b: number) => boolean;

  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before;
  }

  push(item: number): void {
    const items = this.#items;
    let hole = items.push(item) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#before(item, items[parent] as number)) break;
      items[hole] = items[parent] as number;
      hole = parent;
    }
    items[hole] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      const right = items[child + 1];
      if (right !== undefined && this.#before(right, items[child] as number)) child++;
      if (!this.#before(items[child] as number, last)) break;
      items[hole] = items[child] as number;
      hole = child;
    }
    items[hole] = last;
    return top;
  }
}
