import { expect, it } from "vitest";
import { NODE_HEIGHT, NODE_WIDTH, placeNodes } from "./place-nodes.ts";

function overlaps(nodes: readonly { x: number; y: number }[]): boolean {
  return nodes.some((a, at) =>
    nodes
      .slice(at + 1)
      .some((b) => Math.abs(a.x - b.x) < NODE_WIDTH && Math.abs(a.y - b.y) < NODE_HEIGHT),
  );
}

it("stretches grid coordinates until boxes do not overlap", () => {
  const placed = placeNodes([
    { id: "a", x: 0, y: 0 },
    { id: "b", x: 1, y: 0 },
    { id: "c", x: 1, y: 1 },
    { id: "d", x: 2, y: 0.5 },
  ]);
  expect(overlaps(placed)).toBe(false);
  expect(placed.map((node) => node.id)).toEqual(["a", "b", "c", "d"]);
});

it("draws coordinates that lie far apart closer together", () => {
  const [a, b, c] = placeNodes([
    { id: "a", x: 0, y: 0 },
    { id: "b", x: 4_000, y: 0 },
    { id: "c", x: 4_000, y: 900 },
  ]);
  expect((b?.x ?? 0) - (a?.x ?? 0)).toBeLessThan(NODE_WIDTH * 1.5);
  expect((c?.y ?? 0) - (b?.y ?? 0)).toBeLessThan(NODE_HEIGHT * 2);
});

it("takes one node, and none", () => {
  expect(placeNodes([{ id: "a", x: 7, y: 3 }])).toEqual([{ id: "a", x: 7, y: 3 }]);
  expect(placeNodes([])).toEqual([]);
});
