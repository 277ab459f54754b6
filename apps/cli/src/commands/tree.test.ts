import type { HierarchyNode } from "@nofx/core/api";
import { expect, it } from "vitest";
import { placeLine } from "../demo/place-line.ts";
import { inOrder } from "./tree.ts";

function place(path: string, above: string | null, second: number): HierarchyNode {
  return {
    stepId: `step_${path}`,
    parentStepId: above === null ? null : `step_${above}`,
    sessionId: null,
    name: path,
    title: path,
    kind: "agent",
    capability: null,
    role: "worker",
    depth: path.split("/").length - 1,
    path,
    status: "succeeded",
    agent: null,
    attempts: 1,
    failures: 0,
    crashes: 0,
    seconds: 3.25,
    costUsd: null,
    errorCode: null,
    breaker: { failures: 0, open: false },
    region: null,
    session: null,
    createdAt: new Date(second * 1_000).toISOString(),
    startedAt: null,
    finishedAt: null,
  } as unknown as HierarchyNode;
}

it("lists what is below one place as it was made, and says how long each took", () => {
  const nodes = [
    place("s", null, 0),
    place("s/c.10", "s", 2),
    place("s/c.2", "s", 2),
    place("s/c.2/x", "s/c.2", 9),
    place("s/merge", "s", 5),
    place("s/split", "s", 1),
  ];
  const order = inOrder(nodes).map(({ path }) => path);
  expect(order).toEqual(["s", "s/split", "s/c.2", "s/c.2/x", "s/c.10", "s/merge"]);
  expect(inOrder(nodes.slice(1))).toHaveLength(5);
  expect(placeLine(place("s/split", "s", 1))).toBe("  ✔ split worker 3.3 s");
});
