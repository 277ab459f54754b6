import { NofxError } from "@nofx/core/errors";
import { expect, test } from "vitest";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

test("lines arrive while the step runs, in order and in batches", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [
    anyTask(async (ctx) => {
      for (let n = 0; n < 1_200; n++) ctx.log(`line ${n}`);
      await plane.until(() => step.logs.length === 1_200);
    }),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(step.logs.map(({ text }) => text)).toEqual(
    Array.from({ length: 1_200 }, (_, n) => `line ${n}`),
  );
  expect(plane.requests.filter(({ name }) => name === "logs")).toHaveLength(3);
});

test("a long line is split, never inside a character", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  const text = `${"a".repeat(7_999)}😀${"b".repeat(8_001)}`;
  start(plane, [anyTask((ctx) => ctx.log(text))]);
  await plane.until(() => step.status === "succeeded");
  expect(step.logs.map((line) => line.text.length)).toEqual([7_999, 8_000, 3]);
  expect(step.logs.map((line) => line.text).join("")).toBe(text);
});

test("when too many wait the oldest go, and a line says so", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [
    anyTask((ctx) => {
      for (let n = 0; n < 5_010; n++) ctx.log(`line ${n}`);
    }),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(step.logs).toHaveLength(5_000);
  expect(step.logs[0]?.text).toBe("(10 lines dropped) line 10");
});

test("lines that cannot be stored do not fail the step, and none are taken after its end", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  let late = () => {};
  plane.fault("logs", new NofxError("internal"), new NofxError("forbidden"));
  start(plane, [
    anyTask((ctx) => {
      late = () => ctx.log("after the end");
      ctx.log("lost");
    }),
  ]);
  await plane.until(() => step.status === "succeeded");
  late();
  const next = plane.enqueue();
  await plane.until(() => next.status === "succeeded");
  expect(step.logs).toEqual([]);
});
