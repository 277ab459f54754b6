import { randomUUID } from "node:crypto";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import type { EndedChild } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { type } from "arktype";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { permanent, task, type AnyTask, type StepFailure } from "../src/index.ts";
import { describeTasks } from "../src/agents/describe-tasks.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

const libraries: [string, AnyTask][] = [
  [
    "zod",
    task("test.task")
      .input(z.object({ n: z.int().min(1) }))
      .output(z.object({ twice: z.int() }))
      .run((_, { n }) => ({ twice: n * 2 })),
  ],
  [
    "valibot",
    task("test.task")
      .input(toStandardJsonSchema(v.object({ n: v.pipe(v.number(), v.integer(), v.minValue(1)) })))
      .output(v.object({ twice: v.number() }))
      .run((_, { n }) => ({ twice: n * 2 })),
  ],
  [
    "arktype",
    task("test.task")
      .input(type({ n: "number.integer >= 1" }))
      .output(type({ twice: "number" }))
      .run((_, { n }) => ({ twice: n * 2 })),
  ],
];

test.each(libraries)(
  "%s: checked before and after, and told as JSON Schema",
  async (_, doubler) => {
    await using plane = await FakePlane.start();
    start(plane, [doubler]);
    const good = plane.enqueue({ input: { n: 2 } });
    const bad = plane.enqueue({ input: { n: 0 } });
    await plane.until(() => good.settled.length > 0 && bad.settled.length > 0);
    expect(good.output).toEqual({ twice: 4 });
    expect(bad.errors).toHaveLength(1);
    expect(bad.errors[0]?.error).toMatchObject({ stage: "input", class: "permanent" });
    expect(bad.errors[0]?.error.message).toContain("/n: ");
    expect(describeTasks([doubler])).toMatchObject([
      {
        capability: "test.task",
        inputSchema: { type: "object", required: ["n"], properties: { n: { minimum: 1 } } },
      },
    ]);
  },
);

test("what JSON Schema cannot say is checked by the agent alone", () => {
  const odd = task("test.task")
    .input(
      z.object({
        n: z.string().transform(Number),
        ahead: z.string().regex(/^(?=a)a+$/),
        id: z.string().regex(/^a+$/),
      }),
    )
    .output(z.custom<() => void>())
    .emits({ "Order/paid:1": z.object({ cents: z.int() }) })
    .run(() => () => {});
  const [told] = describeTasks([odd]);
  // a pattern that looks ahead is not run by the control plane
  expect(told?.inputSchema?.["properties"]).toEqual({
    n: { type: "string" },
    ahead: { type: "string" },
    id: { type: "string", pattern: "^a+$" },
  });
  expect(told?.events).toMatchObject({ "Order/paid:1": { required: ["cents"] } });
  expect(told?.outputSchema).toBeUndefined();
});

test("a key tells the times of a name apart; the same twice is refused", async () => {
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask(async (ctx) => {
      for (const id of ["a", "b"]) await ctx.step("charge", { key: id }, () => id);
      await ctx.step("charge", { key: "a" }, () => "again");
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "failed");
  expect([...step.checkpoints]).toEqual([
    ["charge[a]", "a"],
    ["charge[b]", "b"],
  ]);
  expect(step.errors[0]?.error).toMatchObject({ stage: "step", at: "charge[a]" });
});

test("an undo is said before its effect, an event is sent once, children go out in one call", async () => {
  const unbook = task("seats.free")
    .input(z.object({ seat: z.string() }))
    .run(() => null);
  await using plane = await FakePlane.start();
  start(plane, [
    task("test.task")
      .emits({ booked: z.object({ seat: z.string() }) })
      .run(async (ctx) => {
        await ctx.undo("free", unbook, { seat: "1A" });
        await ctx.emit("booked", { seat: "1A" }, { match: "o-1" });
        const children = await Promise.all(
          ["Ä", "b"].map((id) => ctx.spawn("seat", unbook, { seat: id }, { key: id })),
        );
        if (ctx.info.attempt === 1) throw new Error("again");
        return children.map(({ name }) => name);
      }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");
  expect([...step.undos.keys()]).toEqual(["undo free"]);
  expect(step.emitted).toMatchObject([
    { name: "booked", event: "booked", key: "o-1", payload: { seat: "1A" } },
  ]);
  expect(step.output).toEqual(["seat._c4_", "seat.b"]);
  expect(plane.requests.filter(({ name }) => name === "spawn")).toHaveLength(2);
});

test("a child that failed says where and why, of what class", async () => {
  const failed: EndedChild = {
    name: "x",
    stepId: toId("step", randomUUID()),
    status: "failed",
    output: null,
    error: {
      code: "agent_permanent_error",
      message: "no budget",
      class: "budget",
      stage: "model",
      at: "llm draft",
      attempt: 2,
      data: { left: 0 },
    },
  };
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask(async (ctx) => {
      const child = await ctx.join(await ctx.spawn("x", "test.other"));
      if (child.status !== "failed") return null;
      expectTypeOf(child.failure).toEqualTypeOf<StepFailure>();
      return child.failure;
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.held);
  expect(step.waited[0]).toMatchObject({ name: "join x", options: [{ children: ["x"] }] });
  plane.meet(step, "join x", { option: "ended", kind: "children", payload: [failed] });
  await plane.until(() => step.status === "succeeded");
  expect(step.output).toEqual({ tag: "StepFailure", step: "x", ...failed.error });
});

test("onFailure hears of each failure, and may say with what the step fails", async () => {
  const heard: StepFailure[] = [];
  await using plane = await FakePlane.start();
  start(plane, [
    task("test.task")
      .onFailure((failure, ctx) => {
        heard.push(failure);
        ctx.log(`failed at ${failure.at}`);
        return failure.attempt === 2 ? permanent("twice is enough") : undefined;
      })
      .run((ctx) =>
        ctx.step("pay", () => {
          throw new Error("the bank is closed");
        }),
      ),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "failed");
  expect(heard).toMatchObject([
    { step: "work", attempt: 1, stage: "step", at: "pay", class: "retryable", code: "agent_error" },
    { attempt: 2, message: "the bank is closed" },
  ]);
  expect(step.errors.map(({ error }) => error.message)).toEqual([
    "the bank is closed",
    "twice is enough",
  ]);
  expect(step.errors[1]?.error).toMatchObject({ code: "agent_permanent_error", stage: "step" });
});
