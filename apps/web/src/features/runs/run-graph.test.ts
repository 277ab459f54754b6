import { expect, it } from "vitest";
import { runGraph } from "./run-graph.ts";
import type { StepView } from "./types.ts";

const step = (name: string, over: Partial<Record<keyof StepView, unknown>> = {}) =>
  ({
    id: `step_${name}`,
    name,
    title: `Do ${name}`,
    kind: "shell",
    status: "succeeded",
    holds: [],
    needs: [],
    x: 0,
    y: 0,
    sensitive: false,
    progress: null,
    undoOf: null,
    parentId: null,
    keptFrom: null,
    ...over,
  }) as StepView;

const planned = [step("a"), step("b", { x: 1, needs: ["a"] }), step("c", { x: 1, y: 1 })];
const places = (steps: StepView[]) =>
  Object.fromEntries(runGraph(steps).map(({ id, x, y }) => [id, [x, y]]));

it("leaves the plan where it is when undo steps come", () => {
  const undo = step("undo.1.b", { undoOf: "step_b" });
  expect(places([...planned, undo])).toEqual({ ...places(planned), "undo.1.b": [0, 2] });
  expect(runGraph([...planned, undo]).at(-1)).toMatchObject({ undoes: "b" });
});

it("puts a row of undos from left to right, those of one moment below each other", () => {
  const undos = [
    step("undo.1.c", { undoOf: "step_c" }),
    step("undo.2.b", { undoOf: "step_b", needs: ["undo.1.c"] }),
    step("undo.3.a", { undoOf: "step_a", needs: ["undo.2.b"] }),
    step("undo.4.a", { undoOf: "step_a", needs: ["undo.2.b"] }),
  ];
  expect(places([...planned, ...undos])).toMatchObject({
    "undo.1.c": [0, 2],
    "undo.2.b": [1, 2],
    "undo.3.a": [2, 2],
    "undo.4.a": [2, 3],
  });
});

it("keeps steps that others started apart from the undos", () => {
  const all = [
    ...planned,
    step("child", { parentId: "step_b" }),
    step("undo.1.a", { undoOf: "step_a" }),
  ];
  expect(places(all)).toMatchObject({ child: [0, 2], "undo.1.a": [0, 3] });
});
