import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { defineAgent, task } from "@nofx/sdk";
import { z } from "zod";

// An agent of the chaos run, in a process of its own: an effect on the sink behind a checkpoint.

const work = task("chaos.work")
  .input(z.object({ ms: z.number() }))
  .output(z.object({ done: z.boolean() }))
  .run(async (ctx, input) => {
    await ctx.step("wait", async () => {
      await delay(input.ms, undefined, { signal: ctx.signal });
      return true;
    });
    // what an agent knows of its claim is how often the step was tried
    appendFileSync(process.env["SINK"] ?? "", `${ctx.info.stepId} ${ctx.info.attempt}\n`);
    return { done: true };
  });

await defineAgent({ tasks: [work], concurrency: 4 }).run({
  url: process.env["NOFX_URL"] ?? "",
  key: process.env["NOFX_AGENT_KEY"] ?? "",
});
