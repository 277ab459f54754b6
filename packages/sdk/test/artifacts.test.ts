import { expect, test } from "vitest";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

test("text, bytes and blobs are stored with their types", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [
    anyTask(async (ctx) => [
      await ctx.artifact("a.txt", "text"),
      await ctx.artifact("b.bin", new Uint8Array([104, 105])),
      await ctx.artifact("c.json", new Blob(["{}"], { type: "application/json" })),
      await ctx.artifact("d.diff", "diff", { contentType: "text/x-diff" }),
    ]),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(Object.fromEntries(step.artifacts)).toEqual({
    "a.txt": "text",
    "b.bin": "hi",
    "c.json": "{}",
    "d.diff": "diff",
  });
  expect([...plane.files.values()].map(({ contentType }) => contentType)).toEqual([
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "application/json",
    "text/x-diff",
  ]);
  expect(step.output).toMatchObject([
    { name: "a.txt", size: 4 },
    { name: "b.bin", size: 2 },
    {},
    {},
  ]);
});

test.each([
  [
    "../up.txt",
    "agent_permanent_error",
    /Artifact "..\/up.txt" cannot be stored: use a path inside/,
  ],
  ["a.txt", "agent_permanent_error", /Artifact "a.txt" is used twice/],
])("%s cannot be stored", async (name, code, message) => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [
    anyTask(async (ctx) => {
      await ctx.artifact("a.txt", "x");
      await ctx.artifact(name, "x");
    }),
  ]);
  await plane.until(() => step.status === "failed");
  expect(step.errors[0]?.error).toMatchObject({ code, message: expect.stringMatching(message) });
});

test("an upload that storage refuses is told, without its address", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  plane.fault("storage", { status: 403, body: "expired" });
  start(plane, [anyTask((ctx) => ctx.artifact("a.txt", "x"))]);
  await plane.until(() => step.errors.length > 0);
  const message = step.errors[0]?.error.message ?? "";
  expect(message).toMatch(/Artifact "a.txt" did not arrive: storage answered 403/);
  expect(message).not.toContain("/storage/");
});
