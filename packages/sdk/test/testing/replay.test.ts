import { task, type AnyTask } from "@nofx/sdk";
import {
  checkDeploy,
  createTestPlane,
  parseHistory,
  replay,
  type RunHistory,
} from "@nofx/sdk/testing";
import { expect, test } from "vitest";
import { z } from "zod";

let paid = 0;
const base = task("orders.pay").input(z.object({ order: z.string() }));
const before = base.run(async (ctx, { order }) => {
  const receipt = await ctx.step("pay", () => `${order} ${++paid}`);
  const answer = await ctx.approve("ship", { question: "Ship it?", ask: { order } });
  await ctx.step("ship", () => answer.status);
  const settled = await ctx.waitFor("settled", { match: order });
  return { receipt, at: settled.payload };
});

/** A run of the old code: one that waits for the event, unless told. */
async function recorded(until: "asked" | "waiting" | "ended" = "waiting"): Promise<RunHistory> {
  await using plane = createTestPlane({ agents: [before] });
  const run = await plane.run(before, { order: "o-1" });
  await plane.settle();
  if (until !== "asked") plane.approve("ship");
  await plane.settle();
  if (until === "ended") plane.event("settled", 5, { key: "o-1" });
  await plane.settle();
  return parseHistory(JSON.parse(JSON.stringify(run.history())));
}

test("a history is replayed on the code that wrote it: nothing diverges and no effect begins", async () => {
  for (const until of ["asked", "waiting", "ended"] as const) {
    const history = await recorded(until);
    const count = paid;
    expect(await replay(before, history)).toMatchObject({
      ok: true,
      steps: ["work"],
      findings: [],
    });
    expect(paid).toBe(count);
  }
});

const payAndShip = (names: { pay?: string; question?: string; event?: string; ship?: boolean }) =>
  base.run(async (ctx, { order }) => {
    const receipt = await ctx.step((names.pay ?? "pay") as "pay", () => `${order} ${++paid}`);
    const question = names.question ?? "Ship it?";
    const answer = await ctx.approve("ship", { question, ask: { order } });
    if (names.ship !== false) await ctx.step("ship", () => answer.status);
    const event = names.event ?? "settled";
    const settled = await ctx.waitFor("settled", { event, match: order });
    return { receipt, at: settled.payload };
  });

const reordered = base.run(async (ctx, { order }) => {
  const [receipt, answer] = await Promise.all([
    ctx.step("pay", () => `${order} ${++paid}`),
    ctx.approve("ship", { question: "Ship it?", ask: { order } }),
  ]);
  await ctx.step("ship", () => answer.status);
  const settled = await ctx.waitFor("settled", { match: order });
  await ctx.step("thank", () => "thanks");
  return { receipt, at: settled.payload };
});

const changes: [string, AnyTask, string, unknown][] = [
  ["nothing", before, "continues", []],
  ["what comes later, and order", reordered, "continues", []],
  [
    "a checkpoint's name",
    payAndShip({ pay: "charge" }),
    "must_stay_pinned",
    [
      { code: "checkpoint_missing", name: "pay" },
      { code: "checkpoint_missing", name: "ship" },
      { code: "approval_missing" },
      { code: "wait_missing" },
    ],
  ],
  [
    "a checkpoint less",
    payAndShip({ ship: false }),
    "must_stay_pinned",
    [{ code: "checkpoint_missing", name: "ship" }],
  ],
  [
    "the words of a question",
    payAndShip({ question: "Send it?" }),
    "must_stay_pinned",
    [
      { code: "approval_changed", name: "ship" },
      { code: "checkpoint_missing" },
      { code: "wait_missing" },
    ],
  ],
  [
    "what is waited for",
    payAndShip({ event: "paid" }),
    "must_stay_pinned",
    [{ code: "wait_changed", name: "settled" }],
  ],
  [
    "the input",
    task("orders.pay")
      .input(z.object({ order: z.string(), cents: z.int() }))
      .run(() => null),
    "needs_migration",
    [{ code: "input_refused" }],
  ],
  [
    "what it makes of stored results",
    base.run(async (ctx) => {
      const receipt = await ctx.step("pay", () => ({ number: 1 }));
      return receipt.number.toFixed(2);
    }),
    "needs_migration",
    [{ code: "handler_failed" }],
  ],
  [
    "the capability",
    task("orders.charge").run(() => null),
    "must_stay_pinned",
    [{ code: "capability_gone" }],
  ],
];

test.each(changes)("new code that changes %s", async (_what, code, verdict, findings) => {
  const count = paid;
  const history = await recorded();
  const report = await checkDeploy(code, [history], { offered: ["orders.pay"] });
  expect(report.runs).toMatchObject([{ verdict, findings }]);
  expect(report.counts).toMatchObject({ [verdict]: 1 });
  expect(paid).toBe(count + 1);
});

test("stored outputs of steps that ended are held against the new schema", async () => {
  const child = task("test.child")
    .output(z.object({ n: z.int() }))
    .run(() => ({ n: 1 }));
  const parent = task("test.parent").run(async (ctx) => {
    const one = await ctx.spawn("one", child, {});
    await ctx.join(one);
    await ctx.waitFor("never");
    return null;
  });
  await using plane = createTestPlane({ agents: [child, parent] });
  const run = await plane.run(parent);
  await plane.settle();
  expect(run.step("work.one").status).toBe("succeeded");
  const stricter = task("test.child")
    .output(z.object({ n: z.int().min(2) }))
    .run(() => ({ n: 2 }));
  const { runs } = await checkDeploy([stricter, parent], [run.history()]);
  expect(runs).toMatchObject([
    { verdict: "needs_migration", findings: [{ code: "output_refused", step: "work.one" }] },
  ]);
});

test("a run that ended otherwise is told by name", async () => {
  const history = await recorded("ended");
  const { findings } = await replay(reordered, history);
  expect(findings).toMatchObject([{ code: "name_new", name: "thank", step: "work" }]);
  const other = base.run(async (ctx, { order }) => {
    await ctx.step("pay", () => "");
    await ctx.approve("ship", { question: "Ship it?", ask: { order } });
    await ctx.step("ship", () => "");
    await ctx.waitFor("settled", { match: order });
    return { receipt: "none" };
  });
  expect((await replay(other, history)).findings).toMatchObject([{ code: "end_changed" }]);
});

test("what is no history of this version is refused", () => {
  expect(() => parseHistory({ version: 2 })).toThrow("of 2");
  expect(() => parseHistory([])).toThrow("no history of version 1");
});

test("the use of a tool that people are asked about: the same, or another", async () => {
  const deploy = (version: number): AnyTask =>
    task("test.deploy").run(async (ctx) => {
      const { step, ...others } = ctx;
      await step("build", () => "built");
      return others.tool("deploy", { version }, () => "deployed");
    });
  await using plane = createTestPlane({
    agents: [deploy(1)],
    tools: { deploy: { approval: true } },
  });
  const run = await plane.run("test.deploy");
  await plane.settle();
  const live = [run.history()];
  expect(plane.questions).toMatchObject([{ name: "deploy", arguments: { version: 1 } }]);
  expect((await checkDeploy(deploy(1), live)).runs).toMatchObject([{ verdict: "continues" }]);
  expect((await checkDeploy(deploy(2), live)).runs).toMatchObject([
    { verdict: "must_stay_pinned", findings: [{ code: "approval_changed", name: "deploy" }] },
  ]);
});

test("a step that was never begun is held against the schema of its input alone", async () => {
  const second = task("test.second")
    .input(z.object({ n: z.int() }))
    .run(() => null);
  const first = task("test.first").run((ctx) => ctx.waitFor("never"));
  await using plane = createTestPlane({ agents: [first, second] });
  const run = await plane.plan([
    { name: "first", task: first },
    { name: "second", task: second, input: { n: 1 }, needs: ["first"] },
  ]);
  await plane.settle();
  const later = task("test.second").run(async (ctx) =>
    ctx.needs.output("first", z.object({ k: z.int() })),
  );
  const other = task("test.second")
    .input(z.object({ n: z.string() }))
    .run(() => null);
  const verdictOf = async (code: AnyTask) =>
    (await checkDeploy([first, code], [run.history()])).runs[0];
  expect(await verdictOf(later)).toMatchObject({ verdict: "continues" });
  expect(await verdictOf(other)).toMatchObject({
    verdict: "needs_migration",
    findings: [{ code: "input_refused", step: "second" }],
  });
});
