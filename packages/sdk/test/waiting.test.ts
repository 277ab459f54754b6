import { randomUUID } from "node:crypto";
import type { MetWait } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { expect, expectTypeOf, test } from "vitest";
import {
  type ChildResult,
  type ReceivedEvent,
  type ReceivedMessage,
  type TaskContext,
} from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

const sentAt = "2026-01-01T00:00:00Z";
const eventMet = (option: string, payload: unknown): MetWait => ({
  option,
  kind: "event",
  payload: {
    eventId: toId("externalEvent", randomUUID()),
    name: "paid",
    key: "order-1",
    sentAt,
    payload,
  },
});
const messageMet = (payload: unknown): MetWait => ({
  option: "message",
  kind: "message",
  payload: {
    messageId: toId("message", randomUUID()),
    fromStep: null,
    channel: "talk",
    sentAt,
    payload,
  },
});

/** Runs a handler until it is held, and says what it waits for. */
async function untilHeld(run: (ctx: TaskContext) => unknown) {
  const plane = await FakePlane.start();
  const agent = start(plane, [anyTask(run)]);
  const step = plane.enqueue();
  await plane.until(() => step.held);
  return { plane, agent, step, [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose]() };
}

test("waits for the first of several: the handler ends, and is started again with what was met", async () => {
  let prepared = 0;
  await using t = await untilHeld(async (ctx) => {
    await ctx.step("prepare", () => ++prepared);
    const met = await ctx.any(
      "payment",
      {
        paid: { event: { name: "paid", key: "order-1" } },
        late: { seconds: 60 },
        asked: { person: { question: "Go on?", choices: ["yes", "no"] } },
        allowed: { approval: { question: "Pay?", details: { n: 1 } } },
        told: { message: {} },
      },
      { timeoutSeconds: 600 },
    );
    return met.option === "paid" ? met.payload.payload : met.option;
  });
  expect(t.step).toMatchObject({ settled: [], errors: [] });
  expect(t.step.waited).toMatchObject([
    {
      name: "payment",
      timeoutSeconds: 600,
      options: [
        { option: "paid", event: { name: "paid", key: "order-1" } },
        { option: "late", seconds: 60 },
        { option: "asked", person: { question: "Go on?", choices: ["yes", "no"] } },
        { option: "allowed", approval: { question: "Pay?", details: { n: 1 } } },
        { option: "told", message: { channel: "default" } },
      ],
    },
  ]);
  t.plane.meet(t.step, "payment", eventMet("paid", { cents: 5 }));
  await t.plane.until(() => t.step.status === "succeeded");
  expect(t.step.output).toEqual({ cents: 5 });
  expect(prepared).toBe(1);
});

test("nothing came in time: an event and a wait say so, a message is null", async () => {
  const timedOut: MetWait = { option: "timed_out", kind: "timer", payload: null };
  await using t = await untilHeld(async (ctx) => [
    (await ctx.waitFor("paid", { match: "k", timeoutSeconds: 1 })).status,
    await ctx.message.read("talk", { timeoutSeconds: 1 }),
    (await ctx.any("w", { a: { children: true } }, { timeoutSeconds: 1 })).option,
  ]);
  for (const name of ["paid", "message 1 of talk", "w"]) {
    await t.plane.until(() => t.step.waits.has(name));
    t.plane.meet(t.step, name, timedOut);
  }
  await t.plane.until(() => t.step.status === "succeeded");
  expect(t.step.output).toEqual(["timed_out", null, "timed_out"]);
});

test("sleeps, receives in order and hears how its children ended; what is over is not waited for again", async () => {
  const child = toId("step", randomUUID());
  await using t = await untilHeld(async (ctx) => {
    await ctx.sleep("a while", 60);
    const spawned = await ctx.spawn("x", "test.other", { n: 1 });
    const first = await ctx.message.read("talk");
    const second = await ctx.message.read("talk");
    const ended = await ctx.join(spawned);
    return [spawned.capability, first?.payload, second?.payload, ended.status];
  });
  const met: [string, MetWait][] = [
    ["a while", { option: "over", kind: "timer", payload: null }],
    ["message 1 of talk", messageMet("one")],
    ["message 2 of talk", messageMet("two")],
    [
      "join x",
      {
        option: "ended",
        kind: "children",
        payload: [{ name: "x", stepId: child, status: "failed", output: null, error: null }],
      },
    ],
  ];
  for (const [name, what] of met) {
    await t.plane.until(() => t.step.waits.has(name));
    t.plane.meet(t.step, name, what);
  }
  await t.plane.until(() => t.step.status === "succeeded");
  expect(t.step.output).toEqual(["test.other", "one", "two", "failed"]);
  expect([...t.step.children.values()]).toEqual([
    {
      name: "x",
      kind: "agent",
      with: { capability: "test.other", input: { n: 1 }, timeoutSeconds: 3_600 },
    },
  ]);
});

test("a handler that is started again sends nothing twice, and says twice what it says twice", async () => {
  const to = toId("step", randomUUID());
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask(async (ctx) => {
      await ctx.message.send("greet", { step: to, channel: "talk" }, "hello");
      await ctx.message.send("greet", { step: to, channel: "talk" }, "hello", { key: 2 });
      if (ctx.info.attempt < 3) throw new Error("again");
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");
  expect(step.messages).toMatchObject([
    { to, channel: "talk", payload: "hello", sentAs: "greet" },
    { to, channel: "talk", payload: "hello", sentAs: "greet[2]" },
  ]);
});

test("an undo is told the result and stored with it", async () => {
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask((ctx) =>
      ctx.step(
        "pay",
        { undo: ({ receipt }) => ({ capability: "orders.unpay", input: { receipt } }) },
        () => ({ receipt: "r1" }),
      ),
    ),
  ]);
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");
  expect([...step.undos]).toEqual([
    [
      "pay",
      {
        kind: "agent",
        with: { capability: "orders.unpay", input: { receipt: "r1" }, timeoutSeconds: 3_600 },
      },
    ],
  ]);
});

test("a name that waits twice and an option called like the timeout fail the step for good", async () => {
  await using plane = await FakePlane.start();
  start(plane, [
    anyTask(async (ctx) => {
      await ctx.sleep("a", 0);
      await ctx.sleep("a", 0);
    }),
  ]);
  const step = plane.enqueue();
  step.waits.set("a", { option: "over", kind: "timer", payload: null });
  await plane.until(() => step.status === "failed");
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: expect.stringContaining('Wait "a" is used twice'),
  });
});

test("what was met has the type of its option", () => {
  const typed = async (ctx: TaskContext) => {
    const met = await ctx.any("w", { paid: { event: { name: "x" } }, late: { seconds: 1 } });
    if (met.option === "paid") expectTypeOf(met.payload).toEqualTypeOf<ReceivedEvent>();
    if (met.option === "late") expectTypeOf(met.payload).toEqualTypeOf<null>();
    // @ts-expect-error there is no such option
    if (met.option === "other") return;
    // @ts-expect-error it has no timeout
    if (met.option === "timed_out") return;
    expectTypeOf(ctx.message.read()).resolves.toEqualTypeOf<ReceivedMessage | null>();
    expectTypeOf(ctx.join()).resolves.toEqualTypeOf<ChildResult[]>();
  };
  expect(typed).toBeTypeOf("function");
});
