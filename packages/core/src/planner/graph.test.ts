import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { digraph, reversed, successors, type Digraph } from "./digraph.ts";
import { findComponents } from "./find-components.ts";
import { findReached } from "./find-reached.ts";
import { findShortestLoop } from "./find-shortest-loop.ts";
import { orderNodes } from "./order-nodes.ts";

const smallGraph = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc
      .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 24 })
      .map((edges) => graphOf(size, edges)),
  );

function graphOf(size: number, edges: readonly (readonly [number, number])[]): Digraph {
  return digraph(size, (node) =>
    edges.filter(([from, to]) => from === node && to !== node).map(([, to]) => to),
  );
}

/** Fewest edges from a to b, by trying all lengths: the slow truth. */
function distances(graph: Digraph): number[][] {
  const far = Array.from({ length: graph.size }, (_, a) =>
    Array.from({ length: graph.size }, (_, b) =>
      successors(graph, a).includes(b) ? 1 : Number.POSITIVE_INFINITY,
    ),
  );
  for (let k = 0; k < graph.size; k++) {
    for (const row of far) {
      for (let b = 0; b < graph.size; b++) {
        row[b] = Math.min(row[b] ?? Infinity, (row[k] ?? Infinity) + (far[k]?.[b] ?? Infinity));
      }
    }
  }
  return far;
}

describe("digraph", () => {
  test("turned round twice, it has the same edges", () => {
    fc.assert(
      fc.property(smallGraph, (graph) => {
        const back = reversed(reversed(graph));
        for (let node = 0; node < graph.size; node++) {
          expect(successors(back, node).toSorted()).toEqual(successors(graph, node).toSorted());
        }
      }),
      numRuns(10_000),
    );
  });
});

describe("findComponents", () => {
  test("groups exactly the nodes that reach each other", () => {
    fc.assert(
      fc.property(smallGraph, (graph) => {
        const far = distances(graph);
        const together = (a: number, b: number) =>
          a !== b && Number.isFinite(far[a]?.[b]) && Number.isFinite(far[b]?.[a]);
        const found = findComponents(graph);
        const groupOf = (node: number) => found.findIndex((group) => group.includes(node));
        for (let a = 0; a < graph.size; a++) {
          for (let b = 0; b < graph.size; b++) {
            if (a === b) continue;
            expect(groupOf(a) >= 0 && groupOf(a) === groupOf(b)).toBe(together(a, b));
          }
        }
      }),
      numRuns(10_000),
    );
  });

  test("a chain of 200,000 does not overflow anything", () => {
    const size = 200_000;
    expect(findComponents(digraph(size, (i) => (i === 0 ? [] : [i - 1])))).toEqual([]);
    expect(findComponents(digraph(size, (i) => [(i + 1) % size]))[0]).toHaveLength(size);
  });
});

describe("findShortestLoop", () => {
  test("is a real loop, inside the component, and no loop of it is shorter", () => {
    fc.assert(
      fc.property(smallGraph, (graph) => {
        const far = distances(graph);
        for (const component of findComponents(graph)) {
          const loop = findShortestLoop(graph, component);
          loop.forEach((node, i) => {
            expect(component).toContain(node);
            expect([...successors(graph, node)]).toContain(loop[(i + 1) % loop.length]);
          });
          expect(new Set(loop).size).toBe(loop.length);
          expect(loop[0]).toBe(Math.min(...loop));
          expect(loop.length).toBe(
            Math.min(...component.map((node) => far[node]?.[node] ?? Infinity)),
          );
        }
      }),
      numRuns(10_000),
    );
  });

  test("stays quick where every node has two ways out and every loop is long", () => {
    const size = 20_000;
    const graph = digraph(size, (i) => [(i + 1) % size, (i + 2) % size]);
    const all = Array.from({ length: size }, (_, i) => i);
    expect(findShortestLoop(graph, all)).toHaveLength(size / 2);
  });
});

describe("orderNodes", () => {
  test("puts needs first, and says how many nodes hang on a loop", () => {
    fc.assert(
      fc.property(smallGraph, fc.func(fc.nat(4)), (graph, rank) => {
        const { order, looped } = orderNodes(graph, rank);
        expect([...order].sort((a, b) => a - b)).toEqual(order.map((_, i) => i));
        expect(looped > 0).toBe(findComponents(graph).length > 0);
        const place = new Map(order.map((node, i) => [node, i]));
        for (const node of order.slice(0, order.length - looped)) {
          for (const need of successors(graph, node)) {
            expect(place.get(need)).toBeLessThan(place.get(node) as number);
          }
        }
      }),
      numRuns(10_000),
    );
  });

  test("of what is free, the smallest rank comes first, then the smaller node", () => {
    const graph = digraph(4, () => []);
    expect(orderNodes(graph, (node) => [2, 1, 2, 1][node] as number).order).toEqual([1, 3, 0, 2]);
  });
});

describe("findReached", () => {
  test("agrees with the slow truth wherever no loop is involved", () => {
    fc.assert(
      fc.property(smallGraph, (graph) => {
        fc.pre(findComponents(graph).length === 0);
        const far = distances(graph);
        const all = Array.from({ length: graph.size ** 2 }, (_, i) => ({
          from: Math.floor(i / graph.size),
          to: i % graph.size,
        }));
        expect(findReached(graph, all)).toEqual(
          all.map(({ from, to }) => Number.isFinite(far[from]?.[to])),
        );
      }),
      numRuns(10_000),
    );
  });

  test("more than 32 targets, and a node that leads into a loop", () => {
    const chain = digraph(100, (i) => (i === 0 ? [] : [i - 1]));
    const down = Array.from({ length: 99 }, (_, to) => ({ from: 99, to }));
    expect(findReached(chain, down).every(Boolean)).toBe(true);
    expect(
      findReached(
        chain,
        down.map(({ from, to }) => ({ from: to, to: from })),
      ).some(Boolean),
    ).toBe(false);
    const withLoop = graphOf(4, [
      [0, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(findReached(withLoop, [{ from: 0, to: 3 }])).toEqual([true]);
  });
});
