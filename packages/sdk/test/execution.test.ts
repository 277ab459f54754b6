import { NofxError } from "@nofx/core/errors";
import { expect, test } from "vitest";
import { z } from "zod";
import { task, permanent, retryLater, type AnyTask } from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

const doubler = task("test.task")
  .input(z.object({ n: z.coerce.number() }))
  .output(z.object({ doubled: z.number() }))
  .run(async (ctx, input) => {
    ctx.log(`doubling ${input.n}`);
    ctx.log("with care\u0000", "warn");
    ctx.progress(50, "half way");
    const doubled = await ctx.step("double it", () => input.n * 2);
    await ctx.artifact("reports/result.txt", `result: ${doubled}`);
    return { doubled };
  });

test("a step is claimed, executed, logged and completed", async () => {
  await using plane = await FakePlane.start();
  const agent = start(plane, [doubler]);
  const step = plane.enqueue({ input: { n: "21" } });
  await plane.until(() => step.settled.length > 0);

  expect(step).toMatchObject({
    status: "succeeded",
    output: { doubled: 42 },
    settled: ["complete"],
  });
  expect(step.checkpoints.get("double it")).toBe(42);
  expect(step.artifacts.get("reports/result.txt")).toBe("result: 42");
  expect(step.logs.map(({ level, text }) => [level, text])).toEqual([
    ["info", "doubling 21"],
    ["warn", "with care\ufffd"],
  ]);
  expect(await agent.stop()).toEqual({
    succeeded: 1,
    failed: 0,
    suspended: 0,
    released: 0,
    lost: 0,
  });
});

test("every POST carries an idempotency key of its own", async () => {
  await using plane = await FakePlane.start();
  const agent = start(plane, [doubler]);
  const step = plane.enqueue({ input: { n: 1 } });
  await plane.until(() => step.settled.length > 0);
  await agent.stop();

  const posts = plane.requests.filter(({ name }) => name !== "storage" && name !== "whoAmI");
  expect(posts.every(({ key }) => key !== undefined)).toBe(true);
  expect(new Set(posts.map(({ key }) => key)).size).toBe(posts.length);
});

test("as many steps run at once as there are slots, claimed in one call", async () => {
  await using plane = await FakePlane.start();
  const steps = Array.from({ length: 5 }, () => plane.enqueue());
  let running = 0;
  let most = 0;
  const three = Promise.withResolvers<void>();
  const task = anyTask(async (ctx) => {
    most = Math.max(most, ++running);
    if (running === 3) three.resolve();
    await three.promise;
    // a call there and back: a fourth that was claimed beside them would have begun by then
    await ctx.step("wait", () => null);
    running -= 1;
  });
  start(plane, [task], { concurrency: 3 });
  await plane.until(() => steps.every((step) => step.status === "succeeded"));

  expect(most).toBe(3);
  expect(plane.claims[0]).toMatchObject({ max: 3, capabilities: ["test.task"] });
});

const strict = (run: () => unknown): AnyTask =>
  task("test.task")
    .input(z.object({ file: z.string() }))
    .output(z.object({ ok: z.literal(true) }))
    .run(run as () => { ok: true });

test.each([
  ["input that does not fit", {}, () => ({ ok: true }), /input of task "test.task".*\/file: /],
  [
    "output that does not fit",
    { file: "a" },
    () => ({ ok: false }),
    /output of task "test.task".*\/ok: /,
  ],
])("%s fails the step for good", async (_, input, run, message) => {
  await using plane = await FakePlane.start();
  start(plane, [strict(run)]);
  const step = plane.enqueue({ input });
  await plane.until(() => step.status === "failed");
  expect(step.errors).toHaveLength(1);
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: expect.stringMatching(message),
  });
});

test("any error is tried again; permanent() and retryLater() say otherwise", async () => {
  await using plane = await FakePlane.start();
  const failures = [
    new Error("the disk is busy"),
    retryLater("quota spent", { afterSeconds: 60, data: { left: 0 } }),
    permanent("no such file", { data: { file: "a" } }),
  ];
  start(plane, [
    anyTask((ctx) => {
      throw failures[ctx.info.attempt - 1] ?? new Error("tried too often");
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "failed");

  const [first, second, third] = step.errors;
  expect(first?.error).toEqual({
    code: "agent_error",
    class: "retryable",
    stage: "handler",
    attempt: 1,
    message: "the disk is busy",
  });
  expect(second).toMatchObject({
    error: { code: "agent_error", message: "quota spent", data: { left: 0 } },
    retryAfterSeconds: 60,
  });
  expect(third?.error).toEqual({
    code: "agent_permanent_error",
    class: "permanent",
    stage: "handler",
    attempt: 3,
    message: "no such file",
    data: { file: "a" },
  });
  expect(
    step.logs.some(({ level, text }) => level === "error" && text.includes("the disk is busy")),
  ).toBe(true);
});

test("a spawn over a quota fails the step for good, under its own code, and nothing more is begun", async () => {
  await using plane = await FakePlane.start();
  const data = { quota: "fan_out", limit: 100, used: 0, asked: 100 };
  plane.fault("spawn", new NofxError("quota_exceeded", { data }));
  start(plane, [
    anyTask((ctx) =>
      Promise.all(Array.from({ length: 150 }, (_, key) => ctx.spawn("c", "c.d", {}, { key }))),
    ),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.settled.length > 0);
  expect(step.errors[0]?.error).toMatchObject({
    code: "quota_exceeded",
    class: "budget",
    stage: "child",
    data,
  });
  expect([step.status, step.children.size]).toEqual(["failed", 0]);
});

test("a message to nobody fails the step for good", async () => {
  await using plane = await FakePlane.start();
  plane.fault("message", new NofxError("recipient_unknown"));
  start(plane, [anyTask((ctx) => ctx.message.send("m", { step: ctx.info.stepId }, 1))]);
  const step = plane.enqueue();
  await plane.until(() => step.settled.length > 0);
  expect([step.status, step.errors[0]?.error.code]).toEqual(["failed", "agent_permanent_error"]);
});

test("an output that the server refuses is told as a failure", async () => {
  await using plane = await FakePlane.start();
  start(plane, [anyTask(() => "x")]);
  plane.fault("complete", new NofxError("payload_too_large"));
  const step = plane.enqueue();
  await plane.until(() => step.settled.length > 0);
  expect(step.settled).toEqual(["fail"]);
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: expect.stringContaining("The output was refused."),
  });
});
