import { expect, it } from "vitest";
import { limitNodes } from "./limit-nodes.ts";

const chain = Array.from({ length: 400 }, (_, at) => ({
  id: `s${at}`,
  needs: at === 0 ? [] : [`s${at - 1}`],
}));

it("keeps a small graph whole", () => {
  expect(limitNodes(chain.slice(0, 150), undefined)).toHaveLength(150);
});

it("keeps what is nearest to the focus, in order", () => {
  const ids = limitNodes(chain, "s200", 5).map((node) => node.id);
  expect(ids).toEqual(["s198", "s199", "s200", "s201", "s202"]);
});

it("begins at the beginning without a focus, or with one it does not know", () => {
  expect(limitNodes(chain, undefined, 3).map((node) => node.id)).toEqual(["s0", "s1", "s2"]);
  expect(limitNodes(chain, "gone", 3)).toHaveLength(3);
});

it("fills up from other parts when the focus stands alone", () => {
  const nodes = [{ id: "alone", needs: [] }, ...chain];
  expect(limitNodes(nodes, "alone", 4).map((node) => node.id)).toEqual(["alone", "s0", "s1", "s2"]);
});

it("ignores needs that are not drawn", () => {
  expect(limitNodes([{ id: "a", needs: ["missing"] }], "a", 1)).toHaveLength(1);
});
