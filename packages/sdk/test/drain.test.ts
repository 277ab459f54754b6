import { expect, test } from "vitest";
import { ShutdownError } from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start, untilAborted } from "./harness.ts";

test("an idle agent stops at once, although its claim waits", async () => {
  await using plane = await FakePlane.start();
  const agent = start(plane, [anyTask(() => null)]);
  await plane.until(() => plane.claims.length > 0);
  await agent.stop();
  expect(agent.events.at(-1)).toEqual({ type: "stopped" });
});

test("running steps are finished, nothing more is claimed", async () => {
  await using plane = await FakePlane.start();
  const first = plane.enqueue();
  let finish: (() => void) | undefined;
  const agent = start(
    plane,
    [
      anyTask(async () => {
        const finished = new Promise<void>((resolve) => (finish = resolve));
        plane.changed();
        await finished;
      }),
    ],
    { drainSeconds: 30 },
  );
  await plane.until(() => finish !== undefined);
  const done = agent.stop();
  const second = plane.enqueue();
  finish?.();
  expect(await done).toMatchObject({ succeeded: 1 });
  expect(first.status).toBe("succeeded");
  expect(second).toMatchObject({ status: "queued", attempt: 0 });
});

test("a step that does not end in time hears the signal and goes back, with its checkpoints", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  let reason: unknown;
  const agent = start(
    plane,
    [
      anyTask(async (ctx) => {
        await ctx.step("first half", () => 1);
        plane.changed();
        await untilAborted(ctx.signal).catch((error: unknown) => {
          reason = error;
          throw error;
        });
      }),
    ],
    { drainSeconds: 0.05 },
  );
  await plane.until(() => step.checkpoints.size > 0);
  expect(await agent.stop()).toMatchObject({ released: 1 });
  expect(ShutdownError.is(reason)).toBe(true);
  expect(step).toMatchObject({ status: "queued", settled: ["release"], errors: [] });
  expect(step.checkpoints.get("first half")).toBe(1);
});

test("a handler that ignores the signal does not keep the agent; its step goes back", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  const agent = start(plane, [anyTask(() => new Promise(() => {}))], {
    drainSeconds: 0.05,
    abortSeconds: 0.05,
  });
  await plane.until(() => agent.events.some((event) => event.type === "step.started"));
  expect(await agent.stop()).toMatchObject({ released: 1 });
  expect(step).toMatchObject({ status: "queued", settled: ["release"] });
});

test("SIGTERM drains, and its listeners are gone afterwards", async () => {
  await using plane = await FakePlane.start();
  const before = process.listenerCount("SIGTERM");
  const agent = start(plane, [anyTask(() => null)], { handleSignals: true });
  await plane.until(() => plane.claims.length > 0);
  expect(process.listenerCount("SIGTERM")).toBe(before + 1);
  process.emit("SIGTERM");
  await agent.done;
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
