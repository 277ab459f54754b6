import { describe, expect, test } from "vitest";
import {
  cancelRun,
  claim,
  emptyModel,
  enqueueRun,
  reclaim,
  runOf,
  sendEvent,
  settle,
  stepNamed,
  stepsOf,
  sweep,
  wait,
  type EngineModel,
  type StepSpec,
} from "./index.ts";

const w1 = { type: "worker", owner: "w1", tenantId: null } as const;
const w2 = { type: "worker", owner: "w2", tenantId: null } as const;
const any = { handlers: ["shell@1", "http@1"], limit: 100, leaseMs: 10_000 };
const undo = { kind: "shell", with: {} };

function aModel(...steps: StepSpec[]): EngineModel {
  const model = emptyModel();
  enqueueRun(model, { id: "r", steps }, 0);
  return model;
}

const status = (model: EngineModel) =>
  Object.fromEntries(stepsOf(model, "r").map((step) => [step.name, step.status]));

function finishAll(model: EngineModel, now: number): string[] {
  const order: string[] = [];
  for (;;) {
    const taken = claim(model, w1, any, now);
    if (taken.length === 0) return order;
    for (const { id, epoch, name } of taken) {
      order.push(name);
      settle(model, w1, [{ stepId: id, epoch, outcome: "succeeded" }], now);
    }
  }
}

describe("the model of the engine", () => {
  test("runs a graph in order, and ends its run", () => {
    const model = aModel({ name: "a" }, { name: "b", needs: ["a"] }, { name: "c", needs: ["b"] });
    expect(finishAll(model, 1)).toEqual(["a", "b", "c"]);
    expect(runOf(model, "r")).toMatchObject({ status: "succeeded", stepsLeft: 0 });
  });

  test("refuses who comes late, and tells of it", () => {
    const model = aModel({ name: "a" });
    const [first] = claim(model, w1, any, 0);
    expect(reclaim(model, 10_000)).toEqual([first?.id]);
    claim(model, w2, any, 11_000);
    const late = { stepId: "r/a", epoch: first?.epoch ?? 0, outcome: "succeeded" } as const;
    expect(settle(model, w1, [late], 12_000)).toMatchObject([{ result: "stale", reason: "lost" }]);
    expect(stepNamed(model, "r", "a")).toMatchObject({ status: "assigned", crashes: 1, epoch: 2 });
    expect(settle(model, w2, [{ ...late, epoch: 2 }], 12_000)).toMatchObject([
      { result: "settled", status: "succeeded" },
    ]);
  });

  test("takes back what was done, latest first, when a step fails for good", () => {
    const model = aModel(
      { name: "a", undo },
      { name: "b", needs: ["a"], undo },
      { name: "c", needs: ["b"], maxFailures: 1 },
      { name: "d", needs: ["c"] },
    );
    for (const now of [1, 2]) {
      const [step] = claim(model, w1, any, now);
      settle(model, w1, [{ stepId: step!.id, epoch: 1, outcome: "succeeded" }], now);
    }
    const [step] = claim(model, w1, any, 3);
    const error = { code: "timeout" } as const;
    settle(model, w1, [{ stepId: step!.id, epoch: 1, outcome: "failed", error }], 3);
    expect(status(model)).toMatchObject({ c: "failed", d: "cancelled" });
    expect(runOf(model, "r")).toMatchObject({ status: "running", compensation: "running" });
    expect(finishAll(model, 4)).toEqual(["undo.1.b", "undo.2.a"]);
    expect(runOf(model, "r")).toMatchObject({ status: "failed", compensation: "done" });
    expect(model.deadLetters).toMatchObject([{ stage: "execute", reason: "retries_exhausted" }]);
  });

  test("undoes nothing after a pivot, nor where it was not wanted", () => {
    for (const pivot of [true, false]) {
      const model = aModel({ name: "a", undo, pivot }, { name: "b", needs: ["a"] });
      const [step] = claim(model, w1, any, 1);
      settle(model, w1, [{ stepId: step!.id, epoch: 1, outcome: "succeeded" }], 1);
      expect(cancelRun(model, "r", { compensate: pivot }, 2)).toBe(true);
      expect(runOf(model, "r")).toMatchObject({ status: "cancelled", compensation: "none" });
    }
  });

  test("waits for whichever comes first, uses no attempt, and moves the deadline", () => {
    const model = aModel({ name: "a", deadlineMs: 60_000 });
    const [step] = claim(model, w1, any, 0);
    const options = [
      { option: "late", kind: "timer", seconds: 3_600 },
      { option: "paid", kind: "event", topic: "payment" },
    ] as const;
    const held = wait(model, { stepId: step!.id, epoch: 1 }, "pay", options, 1_000);
    expect(held).toMatchObject({ held: true });
    sweep(model, 1_001_000);
    expect(status(model)).toEqual({ a: "queued" });
    expect(sendEvent(model, { name: "payment", payload: 7 }, 1_001_000)).toBe(1);
    const [again] = claim(model, w1, any, 1_001_000);
    expect(again).toMatchObject({ epoch: 2, failures: 0, crashes: 0, deadlineAt: 1_060_000 });
    const told = wait(model, { stepId: step!.id, epoch: 2 }, "pay", options, 1_001_001);
    expect(told).toMatchObject({ held: false, met: "paid", payload: 7 });
  });
});

test("no attempt begins after the deadline: the sweep ends what is left", () => {
  const model = aModel({ name: "a", deadlineMs: 60_000 });
  const [step] = claim(model, w1, any, 0);
  settle(model, w1, [{ stepId: step!.id, epoch: 1, outcome: "released" }], 1_000);
  expect(claim(model, w1, any, 60_000)).toEqual([]);
  sweep(model, 60_000);
  expect(status(model)).toEqual({ a: "failed" });
});
