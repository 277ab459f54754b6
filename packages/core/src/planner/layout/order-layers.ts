import type { Layers } from "./make-layers.ts";

/**
 * Orders the nodes of each layer so that few edges cross: sweeps forth and back that sort each layer by the mean place
 * of its neighbours (the barycenter method of Sugiyama, Tagawa and Toda, 1981), then swaps of neighbours while they
 * help. Keeps the best order seen.
 */
export function orderLayers(graph: Layers, sweeps: number): Layers {
  const place = new Float64Array(graph.before.length);
  let best = depthFirst(graph);
  setPlaces(best, place);
  let fewest = countCrossings(best, graph, place);
  const current = best.map((layer) => [...layer]);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const forth = sweep % 2 === 0;
    sortByNeighbours(current, forth ? graph.before : graph.after, forth, place);
    if (graph.before.length <= MAX_NODES_FOR_SWAPS) swapNeighbours(current, graph, place);
    const crossings = countCrossings(current, graph, place);
    if (crossings < fewest) {
      fewest = crossings;
      best = current.map((layer) => [...layer]);
    }
  }
  return { ...graph, layers: best };
}

const MAX_NODES_FOR_SWAPS = 30_000;

/** A first order that keeps what hangs together side by side. */
function depthFirst(graph: Layers): number[][] {
  const layerOf = new Int32Array(graph.before.length);
  graph.layers.forEach((layer, l) => layer.forEach((node) => (layerOf[node] = l)));
  const seen = new Uint8Array(graph.before.length);
  const ordered: number[][] = graph.layers.map(() => []);
  for (const root of graph.layers.flat()) {
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen[node]) continue;
      seen[node] = 1;
      ordered[layerOf[node] as number]?.push(node);
      const next = graph.after[node] ?? [];
      for (let i = next.length - 1; i >= 0; i--) stack.push(next[i] as number);
    }
  }
  return ordered;
}

function setPlaces(layers: readonly (readonly number[])[], place: Float64Array): void {
  for (const layer of layers) layer.forEach((node, i) => (place[node] = i));
}

function sortByNeighbours(
  layers: number[][],
  neighbours: readonly number[][],
  forth: boolean,
  place: Float64Array,
): void {
  setPlaces(layers, place);
  for (let i = 1; i < layers.length; i++) {
    const layer = layers[forth ? i : layers.length - 1 - i] as number[];
    const keys = new Map<number, number>();
    for (const node of layer)
      keys.set(node, mean(neighbours[node] ?? [], place) ?? placeOf(place, node));
    layer.sort(
      (a, b) =>
        (keys.get(a) as number) - (keys.get(b) as number) || placeOf(place, a) - placeOf(place, b),
    );
    layer.forEach((node, at) => (place[node] = at));
  }
}

function mean(nodes: readonly number[], place: Float64Array): number | undefined {
  if (nodes.length === 0) return undefined;
  let sum = 0;
  for (const node of nodes) sum += placeOf(place, node);
  return sum / nodes.length;
}

function placeOf(place: Float64Array, node: number): number {
  return place[node] as number;
}

/** Swaps neighbours in a layer where that removes crossings on both sides together. */
function swapNeighbours(layers: readonly number[][], graph: Layers, place: Float64Array): void {
  for (const layer of layers) {
    for (let i = 0; i + 1 < layer.length; i++) {
      const [a, b] = [layer[i] as number, layer[i + 1] as number];
      let gain = 0;
      for (const sides of [graph.before, graph.after]) {
        const [left, right] = [sides[a] ?? [], sides[b] ?? []];
        if (left.length * right.length > 400) continue;
        for (const x of left) {
          for (const y of right) gain += Math.sign(placeOf(place, x) - placeOf(place, y));
        }
      }
      if (gain <= 0) continue;
      layer[i] = b;
      layer[i + 1] = a;
      place[b] = i;
      place[a] = i + 1;
    }
  }
}

/** Pairs of edges that cross, over all layers: inversions, counted with a binary indexed tree. */
export function countCrossings(
  layers: readonly (readonly number[])[],
  graph: Pick<Layers, "after">,
  place: Float64Array,
): number {
  setPlaces(layers, place);
  let crossings = 0;
  layers.forEach((layer, l) => {
    const width = layers[l + 1]?.length ?? 0;
    const tree = new Int32Array(width + 1);
    let inserted = 0;
    for (const node of layer) {
      const heads = (graph.after[node] ?? [])
        .map((head) => placeOf(place, head))
        .sort((a, b) => a - b);
      for (const head of heads) {
        let notRight = 0;
        for (let i = head + 1; i > 0; i -= i & -i) notRight += tree[i] as number;
        crossings += inserted - notRight;
      }
      for (const head of heads) {
        for (let i = head + 1; i <= width; i += i & -i) tree[i] = (tree[i] as number) + 1;
      }
      inserted += heads.length;
    }
  });
  return crossings;
}
