import { task } from "@nofx/sdk";
import { createTestPlane, type CrashPoint } from "@nofx/sdk/testing";
import { expect, test } from "vitest";

/** Two effects, and how often each was done. */
function counting() {
  const done = { first: 0, second: 0 };
  const work = task("test.work").run(async (ctx) => {
    const first = await ctx.step("first", () => ++done.first);
    const second = await ctx.step("second", () => ++done.second);
    return { first, second };
  });
  return { done, work };
}

const once: [CrashPoint, { first: number; second: number }][] = [
  [{ at: "claimed" }, { first: 1, second: 1 }],
  [
    { at: "before_effect", checkpoint: "second" },
    { first: 1, second: 1 },
  ],
  [
    { at: "stored", checkpoint: "first" },
    { first: 1, second: 1 },
  ],
  [{ at: "before_settle" }, { first: 1, second: 1 }],
  [{ at: "after_settle" }, { first: 1, second: 1 }],
  // a process that dies between an effect and the storing of its result cannot know: it is done again
  [
    { at: "after_effect", checkpoint: "first" },
    { first: 2, second: 1 },
  ],
];

test.each(once)(
  "a process that dies at %j: the run ends well, and does %j",
  async (point, expected) => {
    const { done, work } = counting();
    await using plane = createTestPlane({ agents: [work] });
    plane.crash(point);
    const run = await plane.run(work);
    await run.end();
    expect(run.status).toBe("succeeded");
    expect(done).toEqual(expected);
    expect(plane.unmetCrashes).toEqual([]);
    const lost = point.at === "after_settle" ? 0 : 1;
    expect(run.step()).toMatchObject({ crashes: lost, executions: 1 + lost, failures: 0 });
  },
);

test("a step that kills each of its executors fails as poison, and nobody waits for real time", async () => {
  const { work } = counting();
  await using plane = createTestPlane({ agents: [work], leaseSeconds: 60 });
  plane.crash({ at: "before_effect", checkpoint: "second", times: 3 });
  const before = plane.date.getTime();
  const run = await (await plane.run(work)).end();
  expect(run.status).toBe("failed");
  expect(run.step()).toMatchObject({ crashes: 3, error: { code: "poison_crash" } });
  expect(plane.date.getTime() - before).toBe(3 * 60_000);
});

test("a killed process takes all that it did with it; the others go on", async () => {
  const slow = task("test.slow").run(async (ctx) => {
    await plane.work({ minutes: 5 });
    return ctx.info.attempt;
  });
  await using plane = createTestPlane();
  const agent = plane.join(slow, { concurrency: 2 });
  const runs = [await plane.run(slow), await plane.run(slow)];
  await plane.advance({ minutes: 1 });
  agent.kill({ restart: false });
  await plane.advance({ minutes: 10 });
  expect(runs.map(({ status }) => status)).toEqual(["running", "running"]);
  plane.join(slow, { processes: 2 });
  for (const run of runs) await run.end();
  expect(runs.map(({ output }) => output)).toEqual([2, 2]);
});

test("a run that needs somebody says so instead of waiting for ever", async () => {
  const asks = task("test.asks").run(async (ctx) => {
    await ctx.approve("ship", { question: "Ship it?" });
    await ctx.waitFor("paid", { match: "o-1" });
    return null;
  });
  await using plane = createTestPlane({ agents: [asks] });
  const run = await plane.run(asks);
  await expect(run.end()).rejects.toThrow(`people's answer to "ship"`);
  plane.approve("ship");
  await expect(run.end()).rejects.toThrow(`waits for event paid`);
  expect(plane.event("paid", 1, { key: "o-2" })).toBe(0);
  expect(plane.event("paid", 1, { key: "o-1" })).toBe(1);
  expect((await run.end()).status).toBe("succeeded");
});

test("who may not decide is refused, and a late answer too", async () => {
  const asks = task("test.asks").run((ctx) =>
    ctx.approve("ship", { question: "Ship it?", expiresInSeconds: 60 }),
  );
  await using plane = createTestPlane({ agents: [asks] });
  const run = await plane.run(asks);
  await plane.settle();
  expect(() => plane.as("vera", "viewer").approve("ship")).toThrow(
    expect.objectContaining({ code: "forbidden" }),
  );
  expect(() => plane.modify("ship", {})).toThrow(
    expect.objectContaining({ code: "invalid_input" }),
  );
  await plane.advance({ minutes: 2 });
  expect(() => plane.approve("ship")).toThrow("No question is open.");
  expect(run.output).toEqual({ status: "expired" });
});

test("a handler that waits for its signal: a cancel reaches it with a heartbeat, a time limit without", async () => {
  const waits = task("test.waits").run(
    (ctx) =>
      new Promise<never>((_, reject) => {
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason as Error));
      }),
  );
  await using plane = createTestPlane({ agents: [waits], patienceMs: 5 });
  const cancelled = await plane.run(waits);
  await plane.settle();
  cancelled.cancel();
  expect((await cancelled.end()).status).toBe("cancelled");

  const late = await plane.plan([
    { name: "late", task: waits, timeoutSeconds: 60, maxFailures: 1 },
  ]);
  expect((await late.end()).step()).toMatchObject({ status: "failed", error: { code: "timeout" } });
});
