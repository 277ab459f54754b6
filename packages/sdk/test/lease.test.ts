import { expect, test } from "vitest";
import { CancelledError, LeaseLostError } from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start, untilAborted } from "./harness.ts";

test("heartbeats keep a short lease alive, and carry progress", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 1.2 });
  const step = plane.enqueue();
  start(plane, [
    anyTask(async (ctx) => {
      ctx.progress(40, "reading");
      // beaten every third of it: past its end
      await plane.until(() => step.heartbeats >= 4);
    }),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(step.attempt).toBe(1);
  expect(step.progress).toEqual([{ percent: 40, note: "reading" }]);
});

test("a lost lease aborts the handler and drops its result", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.3 });
  const step = plane.enqueue();
  let reason: unknown;
  const agent = start(plane, [
    anyTask(async (ctx) => {
      plane.steal(step);
      await untilAborted(ctx.signal).catch((error: unknown) => (reason = error));
      const refused = await ctx.step("too late", () => 1).catch((error: unknown) => error);
      expect(LeaseLostError.is(refused)).toBe(true);
      return "a result nobody may see";
    }),
  ]);
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));

  expect(LeaseLostError.is(reason)).toBe(true);
  expect(step).toMatchObject({ settled: [], checkpoints: new Map() });
  expect(agent.events.findLast((event) => event.type === "step.ended")).toMatchObject({
    outcome: "lost",
  });
});

test("a refused checkpoint aborts the handler without waiting for a heartbeat", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 60 });
  const step = plane.enqueue();
  const agent = start(plane, [
    anyTask(async (ctx) => {
      plane.steal(step);
      await ctx.step("late", () => 1);
    }),
  ]);
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  expect(step.heartbeats).toBe(0);
  expect(await agent.stop()).toMatchObject({ lost: 1 });
});

test("a lease that cannot be renewed is given up when it ends; the step is executed again", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.4 });
  const step = plane.enqueue();
  const reasons: unknown[] = [];
  const agent = start(plane, [
    anyTask(async (ctx) => {
      if (ctx.info.attempt > 1) return "second time";
      plane.down = true;
      await untilAborted(ctx.signal).catch((error: unknown) => reasons.push(error));
      plane.down = false;
      return "first time";
    }),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(LeaseLostError.is(reasons[0])).toBe(true);
  expect(step).toMatchObject({ attempt: 2, output: "second time", settled: ["complete"] });
  expect(await agent.stop()).toMatchObject({ lost: 1, succeeded: 1 });
});

test("a cancel is heard with the heartbeat; the step is given back", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.3 });
  const step = plane.enqueue();
  let reason: unknown;
  start(plane, [
    anyTask(async (ctx) => {
      step.cancelRequested = true;
      await untilAborted(ctx.signal).catch((error: unknown) => {
        reason = error;
        throw error;
      });
    }),
  ]);
  await plane.until(() => step.status === "cancelled");
  expect(CancelledError.is(reason)).toBe(true);
  expect(step.settled).toEqual(["release"]);
});
