/** A directed graph on 0..size-1 in two flat arrays: what follows node i is `heads[start[i]] .. heads[start[i+1]-1]`. */
export interface Digraph {
  readonly size: number;
  readonly start: Int32Array;
  readonly heads: Int32Array;
}

/** Edges of each node as given, in order. `edges(i)` is called once a node; repeats and self-loops are kept. */
export function digraph(size: number, edges: (node: number) => readonly number[]): Digraph {
  const start = new Int32Array(size + 1);
  const heads: number[] = [];
  for (let node = 0; node < size; node++) {
    for (const head of edges(node)) heads.push(head);
    start[node + 1] = heads.length;
  }
  return { size, start, heads: Int32Array.from(heads) };
}

/** The same edges, turned round. */
export function reversed(graph: Digraph): Digraph {
  const start = new Int32Array(graph.size + 1);
  for (const head of graph.heads) start[head + 1] = at(start, head + 1) + 1;
  for (let i = 0; i < graph.size; i++) start[i + 1] = at(start, i + 1) + at(start, i);
  const next = start.slice();
  const heads = new Int32Array(graph.heads.length);
  for (let node = 0; node < graph.size; node++) {
    for (let e = at(graph.start, node); e < at(graph.start, node + 1); e++) {
      const head = at(graph.heads, e);
      heads[at(next, head)] = node;
      next[head] = at(next, head) + 1;
    }
  }
  return { size: graph.size, start, heads };
}

/** A typed array's element, for indices that are known to be inside. */
export function at(array: Int32Array, index: number): number {
  return array[index] as number;
}

export function outDegree(graph: Digraph, node: number): number {
  return at(graph.start, node + 1) - at(graph.start, node);
}

export function successors(graph: Digraph, node: number): Int32Array {
  return graph.heads.subarray(at(graph.start, node), at(graph.start, node + 1));
}
