import { expect, it } from "vitest";
import { canvasHeight, firstView } from "./first-view.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "./place-nodes.ts";

const canvas = { width: 1_000, height: 400 };
const row = (count: number) => Array.from({ length: count }, (_, at) => ({ x: at * 212, y: 0 }));
const onScreen = (
  node: { x: number; y: number } | undefined,
  view: ReturnType<typeof firstView>,
) => ({
  left: (node?.x ?? 0) * view.zoom + view.x,
  right: ((node?.x ?? 0) + NODE_WIDTH) * view.zoom + view.x,
});

it("shows a small graph whole, in the middle, not blown up", () => {
  const nodes = row(3);
  const view = firstView(nodes, undefined, canvas);
  expect(view.zoom).toBe(1);
  const left = onScreen(nodes[0], view).left;
  const right = 1_000 - onScreen(nodes[2], view).right;
  expect(left).toBeCloseTo(right);
  expect(view.y).toBeCloseTo((400 - NODE_HEIGHT) / 2);
});

it("shows a plan of an ordinary size whole, on a desk and on a phone", () => {
  for (const width of [1_000, 340]) {
    const nodes = row(8);
    const view = firstView(nodes, nodes[5], { width, height: 400 });
    expect(onScreen(nodes[0], view).left).toBeGreaterThanOrEqual(0);
    expect(onScreen(nodes[7], view).right).toBeLessThanOrEqual(width);
  }
});

it("keeps a very wide graph readable and begins at its beginning", () => {
  const view = firstView(row(20), undefined, canvas);
  expect(view.zoom).toBe(0.8);
  expect(onScreen(row(20)[0], view).left).toBeGreaterThanOrEqual(0);
});

it("puts what matters in the middle, without leaving the graph", () => {
  const nodes = row(20);
  const middle = onScreen(nodes[10], firstView(nodes, nodes[10], canvas));
  expect((middle.left + middle.right) / 2).toBeCloseTo(500);
  const last = onScreen(nodes[19], firstView(nodes, nodes[19], canvas));
  expect(last.right).toBeLessThanOrEqual(1_000);
  expect(last.right).toBeGreaterThan(900);
  const first = onScreen(nodes[0], firstView(nodes, nodes[0], canvas));
  expect(first.left).toBeGreaterThanOrEqual(0);
});

it("asks for a canvas as high as the graph, within reason", () => {
  expect(canvasHeight(row(5))).toBe(200);
  expect(canvasHeight([])).toBe(200);
  expect(
    canvasHeight([
      { x: 0, y: 0 },
      { x: 0, y: 9_000 },
    ]),
  ).toBe(520);
});
