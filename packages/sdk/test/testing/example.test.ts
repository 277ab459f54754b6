import { approval, permanent, task } from "@nofx/sdk";
import { createTestPlane, replay } from "@nofx/sdk/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const bank = { paid: [] as string[] };
const Refund = z.object({ order: z.string(), cents: z.int() });
const mayRefund = approval("refund").ask(Refund).decide(Refund);

const refund = task("orders.refund")
  .input(Refund)
  .models("auto")
  .run(async (ctx, input) => {
    const answer = await ctx.approve(mayRefund, { question: "Refund it?", ask: input });
    if (answer.status !== "approved" && answer.status !== "modified") {
      throw permanent(answer.status);
    }
    const { order, cents } = answer.decision;
    const receipt = await ctx.step("pay", { key: order }, () => {
      bank.paid.push(`${order}: ${cents}`);
      return `receipt ${bank.paid.length}`;
    });
    await ctx.sleep("let it settle", 86_400);
    const letter = await ctx.llm("letter", { prompt: `${cents} cents of ${order} are back.` });
    return { receipt, letter: letter.text };
  });

test("half of it is refunded once, though the process dies in between", async () => {
  await using plane = createTestPlane({ agents: [refund], models: { auto: "Dear customer" } });
  plane.crash({ at: "stored", checkpoint: "pay[o-1]" });

  const run = await plane.run(refund, { order: "o-1", cents: 700 });
  await plane.settle();
  plane.as("ann", "supervisor").modify("refund", { order: "o-1", cents: 350 });
  await run.end(); // a lease runs out, a day goes by: none of it is real

  expect(run.output).toEqual({ receipt: "receipt 1", letter: "Dear customer" });
  expect(bank.paid).toEqual(["o-1: 350"]);
  expect(run.step().crashes).toBe(1);

  const report = await replay(refund, run.history());
  expect(report.findings).toEqual([]);
});
