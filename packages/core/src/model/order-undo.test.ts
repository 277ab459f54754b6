import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import {
  claim,
  emptyModel,
  enqueueRun,
  orderUndo,
  runOf,
  settle,
  UNDO_GRAPH_LIMIT,
  type UndoEdge,
} from "./index.ts";

const by = { type: "worker", owner: "w", tenantId: null } as const;
const anything = { handlers: ["shell@1"], limit: 1, leaseMs: 1_000 };
const undo = { kind: "shell", with: {} };

/** Steps that each need some of those before them, some with an effect that can be taken back, some with two. */
const aGraph = fc
  .array(fc.record({ needs: fc.nat(255), effects: fc.nat(2) }), { minLength: 1, maxLength: 8 })
  .map((nodes) =>
    nodes.map(({ needs, effects }, at) => ({
      name: `s${at}`,
      needs: nodes.slice(0, at).flatMap((_, i) => ((needs & (1 << i)) === 0 ? [] : [`s${i}`])),
      effects,
    })),
  );

type Graph = readonly { name: string; needs: string[]; effects: number }[];

const needsIn = (graph: Graph) => (name: string) =>
  graph.find((one) => one.name === name)?.needs ?? [];

/** The register as it stands when all have succeeded in this order, latest first. */
const registered = (graph: Graph) =>
  graph
    .flatMap((one) => Array.from({ length: one.effects }, () => one.name))
    .map((stepId, seq) => ({ stepId, seq }))
    .toReversed();

function reaches(graph: Graph, from: string, to: string): boolean {
  return needsIn(graph)(from).some((one) => one === to || reaches(graph, one, to));
}

describe("the order of undoing", () => {
  test("never goes round, and puts what built on something before it, required", () => {
    fc.assert(
      fc.property(aGraph, fc.constantFrom("completion", "dependency"), (graph, order) => {
        const todo = registered(graph);
        const edges = orderUndo(todo, needsIn(graph), order);
        for (const edge of edges) expect(edge.before).toBeLessThan(edge.after);
        expect(new Set(edges.map((one) => `${one.before} ${one.after}`)).size).toBe(edges.length);
        for (const [before, b] of todo.entries()) {
          for (const [after, a] of todo.entries()) {
            if (before === after) continue;
            const builds =
              reaches(graph, b.stepId, a.stepId) || (a.stepId === b.stepId && b.seq > a.seq);
            const edge = edges.find((one) => one.before === before && one.after === after);
            expect(edge?.required ?? false).toBe(builds);
          }
        }
      }),
      numRuns(10_000),
    );
  });

  test("is one row where completion is to be reversed, and no more than the needs where it is not", () => {
    fc.assert(
      fc.property(aGraph, (graph) => {
        const todo = registered(graph);
        const soft = (edges: UndoEdge[]) => edges.filter((one) => !one.required);
        const row = orderUndo(todo, needsIn(graph), "completion");
        for (let i = 1; i < todo.length; i++)
          expect(row.some((one) => one.before === i - 1 && one.after === i)).toBe(true);
        expect(soft(orderUndo(todo, needsIn(graph), "dependency"))).toEqual([]);
      }),
      numRuns(10_000),
    );
  });

  test("of very many is one row that is required", () => {
    const todo = Array.from({ length: UNDO_GRAPH_LIMIT + 1 }, (_, seq) => ({
      stepId: `s${seq}`,
      seq: -seq,
    }));
    const edges = orderUndo(todo, () => [], "dependency");
    expect(edges).toHaveLength(UNDO_GRAPH_LIMIT);
    expect(edges.every((one) => one.required && one.after === one.before + 1)).toBe(true);
  });
});

describe("from plan to undo", () => {
  test("whatever order the steps succeeded in, they are undone in its reverse", () => {
    const choices = fc.array(fc.nat(7), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(aGraph, choices, (graph, chosen) => {
        const model = emptyModel();
        const steps = graph.map(({ name, needs, effects }) => ({
          name,
          needs,
          undo: effects === 0 ? null : undo,
        }));
        const last = { name: "last", needs: graph.map((one) => one.name), maxFailures: 1 };
        enqueueRun(model, { id: "r", steps: [...steps, last] }, 0);
        const succeeded: string[] = [];
        for (const choice of chosen.slice(0, graph.length)) {
          const held = claim(model, by, { ...anything, limit: 9 }, 1);
          const step = held[choice % held.length]!;
          const words = held.map((one) => ({ stepId: one.id, epoch: one.epoch }));
          settle(
            model,
            by,
            words.map((one) =>
              one.stepId === step.id
                ? { ...one, outcome: "succeeded" as const }
                : { ...one, outcome: "released" as const },
            ),
            1,
          );
          if (graph.find((one) => one.name === step.name)?.effects !== 0) succeeded.push(step.name);
        }
        const [failing] = claim(model, by, anything, 1);
        expect(failing?.name).toBe("last");
        const error = { code: "exit_nonzero" } as const;
        const { id: stepId = "", epoch = 0 } = failing ?? {};
        settle(model, by, [{ stepId, epoch, outcome: "failed", error }], 1);

        const undone: string[] = [];
        for (
          let [next] = claim(model, by, anything, 1);
          next;
          [next] = claim(model, by, anything, 1)
        ) {
          undone.push(next.name.split(".")[2] ?? "");
          settle(model, by, [{ stepId: next.id, epoch: next.epoch, outcome: "succeeded" }], 1);
        }
        expect(undone).toEqual(succeeded.toReversed());
        expect(runOf(model, "r")).toMatchObject({
          status: "failed",
          compensation: undone.length === 0 ? "none" : "done",
        });
      }),
      numRuns(10_000),
    );
  });
});
