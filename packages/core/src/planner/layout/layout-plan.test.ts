import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aBacklog, prng, numRuns } from "../../testing/index.ts";
import { digraph } from "../digraph.ts";
import { layoutPlan } from "./layout-plan.ts";
import { makeLayers } from "./make-layers.ts";
import { countCrossings, orderLayers } from "./order-layers.ts";

interface Named {
  name: string;
  needs: string[];
}

function graphSteps(size: number, edges: number, seed: number): Named[] {
  const { items } = aBacklog(size, edges, seed, 12);
  return items.map((item) => ({ name: String(item["id"]), needs: item["needs"] as string[] }));
}

const step = (name: string, ...needs: string[]): Named => ({ name, needs });

describe("layoutPlan", () => {
  test("draws needs to the left, nothing on top of another, from 0, the same each time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(80), fc.nat(), (size, edges, seed) => {
        const steps = graphSteps(size, edges, seed);
        const placed = layoutPlan(steps);
        const at = new Map(placed.map((one) => [one.name, one]));
        expect(placed.map((one) => one.name)).toEqual(steps.map((one) => one.name));
        for (const { name, needs } of steps) {
          for (const need of needs) expect(at.get(need)?.x).toBeLessThan(at.get(name)?.x ?? 0);
        }
        const columns = new Map<number, number[]>();
        for (const { x, y } of placed) columns.set(x, [...(columns.get(x) ?? []), y]);
        for (const ys of columns.values()) {
          ys.sort((a, b) => a - b);
          ys.slice(1).forEach((y, i) => expect(y - (ys[i] as number)).toBeGreaterThanOrEqual(95));
        }
        expect(Math.min(...placed.map(({ x }) => x))).toBe(0);
        expect(Math.min(...placed.map(({ y }) => y))).toBe(0);
        expect(layoutPlan(steps)).toEqual(placed);
      }),
      numRuns(10_000),
    );
  });

  test("a chain is a straight line, a fork is balanced", () => {
    expect(
      layoutPlan([step("a"), step("b", "a"), step("c", "b")], { columnWidth: 10, rowHeight: 10 }),
    ).toEqual([
      { name: "a", x: 0, y: 0 },
      { name: "b", x: 10, y: 0 },
      { name: "c", x: 20, y: 0 },
    ]);
    const fork = layoutPlan([step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")], {
      rowHeight: 10,
    });
    expect(fork.map(({ y }) => y)).toEqual([5, 0, 10, 5]);
  });

  test("trees and ladders are drawn without any crossing", () => {
    const tree = Array.from({ length: 127 }, (_, i) =>
      i === 0 ? step("n0") : step(`n${i}`, `n${(i - 1) >> 1}`),
    );
    const random = prng(7);
    tree.sort(() => random() - 0.5);
    expect(crossingsOf(tree)).toBe(0);
    const ladder = Array.from({ length: 40 }, (_, i) => [
      step(`a${i}`, ...(i === 0 ? [] : [`a${i - 1}`])),
      step(`b${i}`, ...(i === 0 ? [] : [`b${i - 1}`])),
      step(`r${i}`, `a${i}`, `b${i}`),
    ]).flat();
    expect(crossingsOf(ladder)).toBe(0);
  });

  test("parts that don't touch lie apart, and single steps fill a grid", () => {
    const singles = Array.from({ length: 100 }, (_, i) => step(`s${i}`));
    const placed = layoutPlan([...singles, step("a"), step("b", "a")], {
      columnWidth: 1,
      rowHeight: 1,
    });
    expect(new Set(placed.map(({ x, y }) => `${x},${y}`)).size).toBe(102);
    expect(Math.max(...placed.map(({ y }) => y))).toBeLessThan(30);
  });

  test("loops and needs outside the plan are drawn as well as can be", () => {
    expect(layoutPlan([step("a", "b", "gone"), step("b", "a"), step("c", "c")])).toHaveLength(3);
    expect(layoutPlan([])).toEqual([]);
  });

  test("a chain of 10,000 with long edges and a plan of 10,000 are no trouble", () => {
    const random = prng(3);
    const chain = Array.from({ length: 10_000 }, (_, i) =>
      step(`i${i}`, ...(i === 0 ? [] : [`i${i - 1}`, `i${Math.floor(random() * i)}`])),
    );
    expect(layoutPlan(chain)).toHaveLength(10_000);
    expect(layoutPlan(graphSteps(10_000, 30_000, 1))).toHaveLength(10_000);
  });
});

test("crossings are counted as one would by hand", () => {
  // 0-2, 0-3, 1-2, 1-3: the complete bipartite graph of two and two crosses once.
  const after = [[2, 3], [2, 3], [], []];
  expect(
    countCrossings(
      [
        [0, 1],
        [2, 3],
      ],
      { after },
      new Float64Array(4),
    ),
  ).toBe(1);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 20 }), (pairs) => {
      const heads = Array.from({ length: 12 }, (_, a) =>
        pairs.filter(([from]) => from === a).map(([, to]) => to + 6),
      );
      let slow = 0;
      for (const [a, b] of pairs) for (const [c, d] of pairs) if (a < c && b > d) slow++;
      const layers = [
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
      ];
      expect(countCrossings(layers, { after: heads }, new Float64Array(12))).toBe(slow);
    }),
    numRuns(10_000),
  );
});

function crossingsOf(steps: readonly Named[]): number {
  const node = new Map(steps.map((one, i) => [one.name, i]));
  const graph = digraph(steps.length, (i) =>
    (steps[i]?.needs ?? []).map((need) => node.get(need) as number),
  );
  const ordered = orderLayers(makeLayers(graph), 4);
  return countCrossings(ordered.layers, ordered, new Float64Array(ordered.before.length));
}
