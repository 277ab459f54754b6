import type { Layers } from "./make-layers.ts";

const BEND_HEIGHT = 0.4;
/** Odd, so that the last one goes forth: what follows one need alone then stands level with it. */
const PASSES = 7;

/**
 * A row for each node, in units of a step's height: every layer keeps its order and its distances, and its nodes come
 * as close to their neighbours as that allows. For one layer that is a least-squares problem with an ordering
 * constraint, which pooling of adjacent violators solves exactly in linear time.
 */
export function placeRows({ layers, before, after, real }: Layers): Float64Array {
  const rows = new Float64Array(before.length);
  const height = (node: number) => (node < real ? 1 : BEND_HEIGHT);
  for (const layer of layers) {
    let next = 0;
    const total = layer.reduce((sum, node) => sum + height(node), 0);
    for (const node of layer) {
      rows[node] = next + height(node) / 2 - total / 2;
      next += height(node);
    }
  }
  for (let pass = 0; pass < PASSES; pass++) {
    const forth = pass % 2 === 0;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[forth ? i : layers.length - 1 - i] as number[];
      alignLayer(layer, rows, height, forth ? before : after);
    }
  }
  return rows;
}

interface Block {
  sum: number;
  weight: number;
  size: number;
}

function alignLayer(
  layer: readonly number[],
  rows: Float64Array,
  height: (node: number) => number,
  neighbours: readonly (readonly number[])[],
): void {
  const blocks: Block[] = [];
  const offsets: number[] = [];
  let offset = 0;
  layer.forEach((node, i) => {
    if (i > 0) offset += (height(layer[i - 1] as number) + height(node)) / 2;
    offsets.push(offset);
    const near = neighbours[node] ?? [];
    const wish =
      near.length === 0
        ? (rows[node] as number)
        : near.reduce((sum, other) => sum + (rows[other] as number), 0) / near.length;
    const weight = near.length === 0 ? 0.1 : 1;
    let block: Block = { sum: (wish - offset) * weight, weight, size: 1 };
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      if (above.sum / above.weight <= block.sum / block.weight) break;
      block = {
        sum: above.sum + block.sum,
        weight: above.weight + block.weight,
        size: above.size + block.size,
      };
      blocks.pop();
    }
    blocks.push(block);
  });
  let i = 0;
  for (const block of blocks) {
    for (let k = 0; k < block.size; k++, i++) {
      rows[layer[i] as number] = block.sum / block.weight + (offsets[i] as number);
    }
  }
}
