import { at, type Digraph } from "./digraph.ts";

/**
 * Strongly connected components with more than one node, each sorted (Tarjan, with its own stack, so that a chain of
 * any length fits). Self-loops are not reported: they are named on their own.
 */
export function findComponents(graph: Digraph): number[][] {
  const { size, start, heads } = graph;
  const index = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const onStack = new Uint8Array(size);
  const edge = new Int32Array(size);
  const stack: number[] = [];
  const path: number[] = [];
  const components: number[][] = [];
  let counter = 0;

  const enter = (node: number) => {
    index[node] = low[node] = counter++;
    edge[node] = at(start, node);
    onStack[node] = 1;
    stack.push(node);
    path.push(node);
  };

  for (let root = 0; root < size; root++) {
    if (index[root] === -1) enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const e = at(edge, node);
      if (e < at(start, node + 1)) {
        edge[node] = e + 1;
        const head = at(heads, e);
        if (index[head] === -1) enter(head);
        else if (onStack[head]) low[node] = Math.min(at(low, node), at(index, head));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
      if (low[node] === index[node]) {
        const component = stack.splice(stack.lastIndexOf(node));
        for (const member of component) onStack[member] = 0;
        if (component.length > 1) components.push(component.sort((a, b) => a - b));
      }
    }
  }
  return components.sort((a, b) => (a[0] as number) - (b[0] as number));
}
