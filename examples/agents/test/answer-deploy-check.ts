import { task } from "@nofx/sdk";
import { answerDeployCheck } from "@nofx/sdk/testing";
import { z } from "zod";

// What `nofx deploy check -- node test/answer-deploy-check.ts` runs: an agent that comes from anywhere, told of by its own code.

const greet = task("test.greet")
  .input(z.object({ name: z.string() }))
  .run(async (ctx, { name }) => {
    console.log("what a handler prints is not the answer");
    const text = await ctx.step("greet", () => `hello ${name}`);
    await ctx.waitFor("answered", { match: name });
    return text;
  });

await answerDeployCheck(greet);
