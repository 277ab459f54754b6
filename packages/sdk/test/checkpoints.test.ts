import { expect, test } from "vitest";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

test("a checkpoint is not redone when the step is tried again", async () => {
  await using plane = await FakePlane.start();
  let charged = 0;
  start(plane, [
    anyTask(async (ctx) => {
      const receipt = await ctx.step("charge", () => ({ id: `r${++charged}` }));
      const nothing = await ctx.step("nothing", () => {});
      if (ctx.info.attempt < 3) throw new Error("the printer is out of paper");
      return { receipt, nothing };
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");

  expect(charged).toBe(1);
  expect(step.output).toEqual({ receipt: { id: "r1" }, nothing: null });
  expect(plane.requests.filter(({ name }) => name === "checkpoint")).toHaveLength(2);
});

test("what another execution stored under the name wins", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [
    anyTask((ctx) =>
      ctx.step("pick", () => {
        step.checkpoints.set("pick", "theirs");
        return "ours";
      }),
    ),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(step.output).toBe("theirs");
});

class Money {
  cents = 1;
}

test.each([
  ["a Date", () => ({ at: new Date(0) }), /\/at is a Date/],
  ["a class instance", () => new Money(), /it is a Money/],
  ["NaN", () => [Number.NaN], /\/0 is NaN/],
  ["a function", () => ({ f: () => 1 }), /\/f is a function/],
  ["a NUL", () => ({ a: "\u0000" }), /\/a contains a NUL/],
])("%s is refused, with its place", async (_, value, message) => {
  await using plane = await FakePlane.start();
  start(plane, [anyTask((ctx) => ctx.step("store", (): unknown => value()))]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "failed");
  expect(step.errors[0]?.error.message).toMatch(
    /The result of checkpoint "store" cannot be stored/,
  );
  expect(step.errors[0]?.error.message).toMatch(message);
});

test("a name used twice in one execution is a clear, permanent error", async () => {
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask(async (ctx) => {
      for (const n of [1, 2]) await ctx.step("charge", () => n);
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "failed");
  expect(step.errors).toHaveLength(1);
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: expect.stringContaining('Checkpoint "charge" is used twice'),
  });
});
