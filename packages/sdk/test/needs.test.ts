import type { NeededStep } from "@nofx/core/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

function needsOf(plane: FakePlane): NeededStep[] {
  return [
    {
      name: "reproduce",
      status: "succeeded",
      output: { exitCode: 1 },
      artifacts: [
        plane.storeFile("reports/failure.txt", "expected 2, got 3"),
        plane.storeFile("src/a.js", "a"),
      ],
    },
    {
      name: "check",
      status: "succeeded",
      output: null,
      artifacts: [plane.storeFile("src/a.js", "b")],
    },
  ];
}

test("outputs and files of needed steps are read and checked", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue({ needs: needsOf(plane) });
  plane.fault("storage", "cut-before", { status: 500, body: "oops" });
  start(plane, [
    anyTask(async (ctx) => ({
      report: await ctx.needs.artifact("reports/failure.txt").text(),
      mine: await ctx.needs.artifact("src/a.js", { from: "check" }).text(),
      raw: ctx.needs.output("check"),
      checked: await ctx.needs.output("reproduce", z.object({ exitCode: z.number() })),
      files: ctx.needs.artifacts().map((file) => `${file.step}:${file.name}`),
    })),
  ]);
  await plane.until(() => step.status === "succeeded");
  expect(step.output).toEqual({
    report: "expected 2, got 3",
    mine: "b",
    raw: null,
    checked: { exitCode: 1 },
    files: ["reproduce:reports/failure.txt", "reproduce:src/a.js", "check:src/a.js"],
  });
});

test.each<
  [string, (plane: FakePlane) => NeededStep[], "agent_error" | "agent_permanent_error", RegExp]
>([
  ["missing", () => [], "agent_permanent_error", /No needed step made "src\/a.js"; there is none/],
  ["ambiguous", needsOf, "agent_permanent_error", /say from, one of reproduce, check/],
  [
    "corrupt",
    (plane) => [
      {
        name: "check",
        status: "succeeded",
        output: null,
        artifacts: [plane.storeFile("src/a.js", "real", { bytes: Buffer.from("fake") })],
      },
    ],
    "agent_error",
    /is not what was stored/,
  ],
  [
    "unreadable",
    (plane) => {
      const needs = needsOf(plane).slice(0, 1);
      plane.files.clear();
      return needs;
    },
    "agent_error",
    /storage answered 404/,
  ],
])("a file that is %s is a clear error", async (_, needs, code, message) => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue({ needs: needs(plane) });
  start(plane, [anyTask((ctx) => ctx.needs.artifact("src/a.js").text())]);
  await plane.until(() => step.errors.length > 0);
  expect(step.errors[0]?.error).toMatchObject({ code, message: expect.stringMatching(message) });
});

test("an output of a step that is not needed, or of another form, is a clear error", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue({ needs: needsOf(plane), input: { of: "deploy" } });
  const other = plane.enqueue({ needs: needsOf(plane), input: { of: "check" } });
  start(plane, [
    anyTask((ctx, input) =>
      ctx.needs.output(String(input["of"]), z.object({ exitCode: z.number() })),
    ),
  ]);
  await plane.until(() => step.status === "failed" && other.status === "failed");
  expect(step.errors[0]?.error.message).toBe(
    'This step needs no step "deploy"; it needs reproduce, check.',
  );
  expect(other.errors[0]?.error.message).toMatch(/output of step "check" does not fit/);
});
