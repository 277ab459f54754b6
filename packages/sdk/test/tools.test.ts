import { expect, test } from "vitest";
import { requireApproval, type TaskContext } from "../src/index.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

const used: unknown[] = [];
const deploy = requireApproval("deploy", (args: { to: string }) => {
  used.push(args);
  return `deployed to ${args.to}`;
});

/** One step of a task, until it has settled; people say yes to each question, or what `answer` says. */
async function runOnce(
  run: (ctx: TaskContext) => unknown,
  options: { asks?: boolean; answers?: Record<string, unknown>[] } = {},
) {
  used.length = 0;
  const plane = await FakePlane.start();
  if (options.asks !== false) plane.toolsThatAsk.add("deploy");
  const agent = start(plane, [anyTask(run)]);
  const step = plane.enqueue();
  for (const answer of options.answers ?? []) {
    await plane.until(() => step.held);
    const open = [...step.approvals.values()].find((one) => one.status === "pending");
    step.held = false;
    plane.decide(step, { name: open?.name ?? "", ...answer } as never);
  }
  await plane.until(() => step.status === "succeeded" || step.status === "failed");
  await agent.stop();
  await plane[Symbol.asyncDispose]();
  return step;
}

test("a tool that asks nobody is begun, used and ended, and its result kept", async () => {
  const step = await runOnce((ctx) => deploy(ctx, { to: "a" }), { asks: false });
  expect(step).toMatchObject({ status: "succeeded", output: "deployed to a", asked: [] });
  expect(used).toEqual([{ to: "a" }]);
  expect(step.checkpoints.get("tool deploy")).toBe("deployed to a");
  expect([...step.uses.values()]).toMatchObject([{ status: "succeeded" }]);
});

test("one that asks waits without a slot, then begins with what people said yes to", async () => {
  const step = await runOnce((ctx) => deploy(ctx, { to: "a" }), {
    answers: [{ status: "approved" }],
  });
  expect(step).toMatchObject({ status: "succeeded", output: "deployed to a" });
  expect(step.asked[0]).toMatchObject({ name: "deploy", tool: "deploy", details: { to: "a" } });
  expect(used).toEqual([{ to: "a" }]);
});

test("what people changed is what it is used with", async () => {
  const step = await runOnce((ctx) => deploy(ctx, { to: "a" }), {
    answers: [{ status: "modified", arguments: { to: "b" } }],
  });
  expect(step.output).toBe("deployed to b");
  expect(used).toEqual([{ to: "b" }]);
});

test.each([
  [{ status: "rejected", reason: "not today" }, "People said no to deploy: not today"],
  [{ status: "expired" }, "Nobody approved deploy in time."],
])("without a yes it is not used, and the step fails for good: %j", async (answer, message) => {
  const step = await runOnce((ctx) => deploy(ctx, { to: "a" }), { answers: [answer] });
  expect(used).toEqual([]);
  expect(step.errors).toMatchObject([{ error: { code: "agent_permanent_error", message } }]);
});

test("a second use without a key is refused before it begins", async () => {
  const step = await runOnce(
    async (ctx) => {
      await deploy(ctx, { to: "a" });
      await deploy(ctx, { to: "b" });
    },
    { asks: false },
  );
  expect(used).toEqual([{ to: "a" }]);
  expect(step.errors[0]?.error.message).toContain('Tool use "deploy" is used twice');
});

test("a step that is begun again uses a tool that is done no second time", async () => {
  let times = 0;
  const step = await runOnce(
    async (ctx) => {
      const first = await deploy(ctx, { to: "a" });
      const second = await deploy(ctx, { to: "b" }, { key: "b" });
      times += 1;
      if (times === 1) throw new Error("again, please");
      return [first, second];
    },
    { asks: false },
  );
  expect(step.output).toEqual(["deployed to a", "deployed to b"]);
  expect(used).toEqual([{ to: "a" }, { to: "b" }]);
  expect([...step.uses.keys()]).toEqual(["deploy", "deploy[b]"]);
});

test("a use that failed is followed by another, which needs a yes of its own", async () => {
  let times = 0;
  const flaky = requireApproval("deploy", () => {
    times += 1;
    if (times === 1) throw new Error("the network");
    return "done";
  });
  const step = await runOnce((ctx) => flaky(ctx, {}), {
    answers: [{ status: "approved" }, { status: "approved" }],
  });
  expect(step.output).toBe("done");
  expect(step.asked.map(({ name }) => name)).toContain("deploy again 2");
  expect([...step.uses.values()].map(({ status }) => status)).toEqual(["failed", "succeeded"]);
});

test("an intent that nobody ended is not tried on a guess: people look, or code that can tell", async () => {
  const lost = async (reconcile?: () => { done: true; result: string } | { done: false }) => {
    let first = true;
    return runOnce(
      async (ctx) => {
        if (first) {
          first = false;
          await ctx.requireApproval("deploy", { to: "a" });
          throw new Error("lost");
        }
        return ctx.tool("deploy", { to: "a" }, () => used.push("used"), {
          reconcile: reconcile as never,
        });
      },
      { asks: false },
    );
  };
  expect(await lost()).toMatchObject({ status: "failed" });
  expect(used).toEqual([]);
  expect(await lost(() => ({ done: true, result: "found" }))).toMatchObject({ output: "found" });
  expect(used).toEqual([]);
  expect(await lost(() => ({ done: false }))).toMatchObject({ output: 1 });
  expect(used).toEqual(["used"]);
});

test("what people changed is what code that can tell looks for, where the use of it was lost", async () => {
  let lost = false;
  const looked: unknown[] = [];
  const step = await runOnce(
    async (ctx) => {
      if (!lost) {
        await ctx.requireApproval("deploy", { to: "a" });
        lost = true;
        throw new Error("lost");
      }
      return ctx.tool("deploy", { to: "a" }, () => "used", {
        reconcile: (args) => {
          looked.push(args);
          return { done: true, result: "found" };
        },
      });
    },
    { answers: [{ status: "modified", arguments: { to: "b" } }] },
  );
  expect(step.output).toBe("found");
  expect(looked).toEqual([{ to: "b" }]);
});
