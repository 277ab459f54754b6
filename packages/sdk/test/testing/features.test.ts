import { task } from "@nofx/sdk";
import { createTestPlane } from "@nofx/sdk/testing";
import { expect, test } from "vitest";
import { z } from "zod";

test("a plan with waits, questions, needs and files", async () => {
  const write = task("test.write").run(async (ctx) => {
    await ctx.artifact("report.txt", "all is well");
    ctx.log("written");
    ctx.progress(50, "half");
    return { pages: 1 };
  });
  const read = task("test.read").run(async (ctx) => ({
    text: await ctx.needs.artifact("report.txt").text(),
    pages: await ctx.needs.output("write", z.object({ pages: z.int() })),
  }));
  await using plane = createTestPlane({ agents: [write, read] });
  const run = await plane.plan([
    { name: "pause", kind: "wait", with: { seconds: 60 } },
    { name: "write", task: write, needs: ["pause"] },
    { name: "ask", kind: "approval", with: { question: "Read it?" }, needs: ["write"] },
    { name: "read", task: read, needs: ["ask", "write"] },
  ]);
  await plane.advance({ minutes: 1 });
  expect(run.step("write")).toMatchObject({ status: "succeeded", logs: ["written"] });
  expect(new TextDecoder().decode(run.step("write").artifacts["report.txt"])).toBe("all is well");
  plane.approve("approval", { step: "ask" });
  expect((await run.end()).output).toEqual({ text: "all is well", pages: { pages: 1 } });
  await expect(plane.plan([{ name: "s", kind: "shell" as "wait", with: {} }])).rejects.toThrow(
    "runs no shell steps",
  );
});

test("a tool that people have to allow is used once, with what they allowed", async () => {
  const used: unknown[] = [];
  const deploy = task("test.deploy").run((ctx) =>
    ctx.tool("deploy", { version: 1 }, (args) => {
      used.push(args);
      return "deployed";
    }),
  );
  await using plane = createTestPlane({ agents: [deploy], tools: { deploy: { approval: true } } });
  plane.crash({ at: "before_settle" });
  const run = await plane.run(deploy);
  await plane.settle();
  plane.approve("deploy");
  await run.end();
  expect(run.output).toBe("deployed");
  expect(used).toEqual([{ version: 1 }]);
});

test("requests are answered, and conversations are read in order by each reader", async () => {
  const asker = task("test.asker").run(async (ctx, { helper }) => {
    await ctx.message.broadcast("hello", "news", { n: 1 });
    await ctx.message.broadcast("again", "news", { n: 2 });
    const news = await ctx.message.read({ run: ctx.info.runId, channel: "news" }, { done: 1 });
    const answer = await ctx.message.request("ask", { step: String(helper) }, "how much?");
    return { news: news.messages.map(({ payload }) => payload), answer: answer.status };
  });
  const helper = task("test.helper").run(async (ctx) => {
    const asker = await ctx.spawn("asker", "test.asker", { helper: ctx.info.stepId });
    const asked = await ctx.message.read();
    if (asked !== null) await ctx.message.reply("answer", asked, 5);
    return (await ctx.join(asker)).status;
  });
  await using plane = createTestPlane({ agents: [asker, helper] });
  const run = await (await plane.run(helper)).end();
  expect(run.output).toBe("succeeded");
  expect(run.step("work.asker").output).toEqual({ news: [{ n: 2 }], answer: "answered" });
});

test("models answer as they are told to; what they are not told of is refused", async () => {
  const ask = task("test.ask")
    .models("cheap", "dear", "unknown")
    .run(async (ctx, { model }) => {
      const asked = { model: model as "cheap", prompt: "Say it." };
      const { text, costUsd, toolCalls } = await ctx.llm("answer", asked);
      return { text, costUsd, tools: toolCalls.map(({ name }) => name) };
    });
  await using plane = createTestPlane({
    agents: [ask],
    models: {
      cheap: ["one", "two"],
      dear: ({ n, messages }) => ({
        text: `${n}: ${String(messages[0]?.content)}`,
        costUsd: "0.5",
        toolCalls: [{ name: "look", arguments: {} }],
      }),
    },
  });
  const said = async (model: string) => (await (await plane.run(ask, { model })).end()).step();
  expect((await said("cheap")).output).toMatchObject({ text: "one" });
  expect((await said("cheap")).output).toMatchObject({ text: "two" });
  expect((await said("dear")).output).toEqual({
    text: "3: Say it.",
    costUsd: "0.5",
    tools: ["look"],
  });
  expect(await said("unknown")).toMatchObject({ status: "failed", failures: 1 });
});

test("a run can be paused, resumed and called off, and takes back what it did", async () => {
  const undone: unknown[] = [];
  const book = task("test.book").run(async (ctx) => {
    await ctx.step(
      "seat",
      { undo: (seat) => ({ capability: "test.free", input: { seat } }) },
      () => "1A",
    );
    await ctx.waitFor("paid");
    return null;
  });
  const free = task("test.free").run((_ctx, input) => void undone.push(input));
  await using plane = createTestPlane({ agents: [book, free] });
  const run = await plane.run(book);
  run.pause();
  await plane.advance({ hours: 1 });
  expect(run.step().executions).toBe(0);
  run.resume();
  await plane.settle();
  run.cancel();
  expect((await run.end()).status).toBe("cancelled");
  expect(undone).toEqual([{ seat: "1A" }]);
});
