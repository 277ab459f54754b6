import { approval, permanent, task } from "@nofx/sdk";
import { createTestPlane } from "@nofx/sdk/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const refunding = approval("refund")
  .ask(z.object({ cents: z.int() }))
  .decide(z.object({ cents: z.int().max(5_000) }));

const paid: string[] = [];
const refund = task("orders.refund")
  .input(z.object({ order: z.string(), cents: z.int() }))
  .output(z.object({ receipt: z.string() }))
  .run(async (ctx, { order, cents }) => {
    const answer = await ctx.approve(refunding, { question: `Refund ${order}?`, ask: { cents } });
    if (answer.status !== "approved" && answer.status !== "modified")
      throw permanent(answer.status);
    const receipt = await ctx.step("pay", () => {
      paid.push(order);
      return `${order}: ${answer.decision.cents}`;
    });
    await ctx.sleep("cool down", 3_600);
    return { receipt };
  });

test("an agent runs unchanged: people answer, time is let pass, and none of it is real", async () => {
  await using plane = createTestPlane({ agents: [refund] });
  const run = await plane.run(refund, { order: "o-1", cents: 700 });
  await plane.settle();
  expect(plane.questions).toMatchObject([{ name: "refund", arguments: { cents: 700 } }]);
  plane.as("ann").modify("refund", { cents: 600 });
  await plane.settle();
  expect(run.step().checkpoints).toMatchObject({ pay: "o-1: 600" });
  expect(run.status).toBe("running");
  await plane.advance({ minutes: 59 });
  expect(run.status).toBe("running");
  await plane.advance({ minutes: 1 });
  expect(run.status).toBe("succeeded");
  expect(run.output).toEqual({ receipt: "o-1: 600" });
});
