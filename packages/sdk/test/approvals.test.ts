import { expect, test } from "vitest";
import type { ApprovalAnswer } from "@nofx/core/contract";
import { z } from "zod";
import { approval, describeEvent } from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

const apply = approval("apply")
  .ask(z.object({ amount: z.number() }))
  .decide(z.object({ amount: z.number().max(10) }));

const decisions: [Exclude<ApprovalAnswer, { status: "pending" }>, unknown][] = [
  [
    { name: "apply", status: "approved" },
    { status: "approved", decision: { amount: 10 } },
  ],
  [
    { name: "apply", status: "modified", reason: "smaller", arguments: { amount: 5 } },
    { status: "modified", reason: "smaller", decision: { amount: 5 } },
  ],
  [
    { name: "apply", status: "rejected", reason: "no" },
    { status: "rejected", reason: "no" },
  ],
  [{ name: "apply", status: "expired" }, { status: "expired" }],
  [{ name: "apply", status: "superseded" }, { status: "superseded" }],
];

test.each(decisions)(
  "suspends for people and resumes with the answer: $status",
  async (decision, result) => {
    await using plane = await FakePlane.start();
    let prepared = 0;
    let begun = 0;
    const agent = start(plane, [
      anyTask(async (ctx) => {
        begun += 1;
        const amount = await ctx.step("prepare", () => ++prepared * 10);
        ctx.log("asking");
        return ctx.approve(apply, {
          question: "Apply it?",
          ask: { amount },
          expiresInSeconds: 600,
        });
      }),
    ]);
    const step = plane.enqueue();
    await plane.until(() => agent.events.some((event) => event.type === "step.ended"));

    // Nothing is held while people think: no slot, no lease, no heartbeat, nothing settled.
    expect(step).toMatchObject({ held: true, settled: [], errors: [] });
    expect(agent.events.map(describeEvent)).toContain(
      'work (test.task): suspended, waits for approval "apply"',
    );
    expect(step.logs.map(({ text }) => text)).toEqual(["asking"]);
    expect(plane.claims.at(-1)?.max).toBe(1);

    plane.decide(step, decision);
    await plane.until(() => step.status === "succeeded");
    expect(step.output).toEqual(result);
    expect({ prepared, begun }).toEqual({ prepared: 1, begun: 2 });
    expect(
      step.asked.map(({ question, details, expiresInSeconds, editable }) => [
        question,
        details,
        expiresInSeconds,
        editable?.["properties"],
      ]),
    ).toEqual([
      ["Apply it?", { amount: 10 }, 600, { amount: { type: "number", maximum: 10 } }],
      ["Apply it?", { amount: 10 }, 600, { amount: { type: "number", maximum: 10 } }],
    ]);
    expect(await agent.stop()).toMatchObject({ suspended: 1, succeeded: 1 });
  },
);

test("a handler that swallows the suspension can do nothing more, and its result is dropped", async () => {
  await using plane = await FakePlane.start();
  const seen: string[] = [];
  const agent = start(plane, [
    anyTask(async (ctx) => {
      try {
        await ctx.approve("apply", { question: "Apply it?" });
      } catch (error) {
        seen.push((error as Error).name);
      }
      await ctx.step("go on", () => 1).catch((error: Error) => seen.push(error.name));
      return "done";
    }),
  ]);
  const step = plane.enqueue();
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  expect(seen).toEqual(["Suspension", "Suspension"]);
  expect(step).toMatchObject({ settled: [], held: true });
  expect(step.checkpoints.size).toBe(0);
});
