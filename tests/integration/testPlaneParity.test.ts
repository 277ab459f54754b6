import { approval, permanent, task, type AnyTask } from "@nofx/sdk";
import {
  checkDeploy,
  createTestPlane,
  parseHistory,
  replay,
  type RunHistory,
} from "@nofx/sdk/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openRealPlane, type Stage } from "./fixtures/real-stage.ts";

// The same agents and the same script, on the test plane of the SDK and on the real one: what is stored of both runs is the same.

let real: Awaited<ReturnType<typeof openRealPlane>>;
let tenant: Awaited<ReturnType<(typeof real)["tenant"]>>;
beforeAll(async () => {
  real = await openRealPlane();
  tenant = await real.tenant();
});
afterAll(() => real.close());

const plane = (history: RunHistory) => ({
  status: history.status,
  steps: history.steps
    // how often a step was begun depends on what came first
    .map(({ id: _, attempts: __, ...step }) => ({
      ...step,
      input: withoutIds(step.input),
      approvals: step.approvals.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      checkpoints: step.checkpoints
        .map(({ name, value }) => ({ name, value: withoutIds(value) }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      waits: step.waits.map(({ name, met, options }) => ({
        name,
        met: withoutIds(met),
        options: withoutIds(options.map(({ dueAt: ___, ...option }) => option)),
      })),
      sent: step.sent.length,
      output: withoutIds(step.output),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
});

const ID = /^(?:reply\/)?(step|ext|msg|run|approval)_[0-9a-z]{26}$|^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const TIME = /^\d{4}-\d\d-\d\dT/;

/** Ids and times differ from plane to plane. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, inner: unknown) => {
      if (key === "by") return "somebody";
      return typeof inner === "string" && (ID.test(inner) || TIME.test(inner)) ? "…" : inner;
    }),
  );
}

async function onTestPlane(
  tasks: readonly AnyTask[],
  input: Record<string, unknown>,
): Promise<Stage> {
  const own = createTestPlane();
  own.join({ tasks: new Map(tasks.map((one) => [one.capability, one])), concurrency: 3 } as never);
  const run = await own.run(tasks[0]?.capability ?? "", input);
  const settled = async (act: () => void) => {
    await own.advance({ seconds: 1 });
    act();
    await own.advance({ seconds: 1 });
  };
  return {
    approve: (name) => settled(() => own.approve(name)),
    modify: (name, args) => settled(() => own.modify(name, args)),
    reject: (name, reason) => settled(() => own.reject(name, { reason })),
    answer: (name, answer) => settled(() => own.answer(name, answer)),
    event: (name, key, payload) => settled(() => void own.event(name, payload, { key })),
    waits: () => own.settle(),
    end: async () => void (await run.end()),
    history: async () => run.history(),
  };
}

const refunding = approval("refund")
  .ask(z.object({ cents: z.int() }))
  .decide(z.object({ cents: z.int().max(5_000) }));

const asks = task("test.asks").run(async (ctx) => {
  const first = await ctx.step("first", () => ({ n: 1 }));
  const answer = await ctx.approve(refunding, { question: "Refund?", ask: { cents: 700 } });
  await ctx.sleep("nap", 0.02);
  const said = await ctx.any("somebody", {
    yes: { person: { question: "Really?", choices: ["yes", "no"] } },
  });
  return { first, answer, said: said.payload };
});

const refused = task("test.refused").run(async (ctx) => {
  const answer = await ctx.approve("ship", { question: "Ship it?" });
  if (answer.status !== "approved") throw permanent(`${answer.status}: ${answer.reason ?? ""}`);
  return null;
});

const child = task("test.child")
  .input(z.object({ side: z.string(), parent: z.string() }))
  .run(async (ctx, { side, parent }) => {
    if (side === "right") throw permanent("not the right one");
    const order = await ctx.message.read("orders");
    await ctx.message.send(
      "done",
      { step: parent, channel: "results" },
      `${String(order?.payload)}, done`,
    );
    return side;
  });

const parent = task("test.parent").run(async (ctx) => {
  const input = { parent: ctx.info.stepId };
  const left = await ctx.spawn("left", child, { side: "left", ...input });
  const right = await ctx.spawn("right", child, { side: "right", ...input });
  await ctx.message.send("go", { step: left.stepId, channel: "orders" }, "go");
  const said = await ctx.message.read("results");
  const ended = await ctx.join([left, right]);
  const late = await ctx.waitFor("never", { timeoutSeconds: 0.02 });
  const paid = await ctx.waitFor("paid", { match: "o-1" });
  return {
    said: said?.payload,
    ended: ended.map(({ name, status }) => [name, status]),
    late: late.status,
    paid: paid.payload,
  };
});

const helper = task("test.helper").run(async (ctx) => {
  const asked = await ctx.message.read();
  if (asked !== null) await ctx.message.reply("answer", asked, { cents: 5 });
  await ctx.emit("helped", { by: ctx.info.name }, { match: "o-1" });
  return null;
});

const boss = task("test.boss").run(async (ctx) => {
  const parts: string[] = [];
  for (const part of ["a", "b"]) parts.push(await ctx.step("part", { key: part }, () => part));
  const child = await ctx.spawn("helper", helper, {});
  const answer = await ctx.message.request("ask", { step: child.stepId }, "how much?");
  const helped = await ctx.waitFor("helped", { match: "o-1" });
  const ended = await ctx.join(child);
  return {
    parts,
    answer: answer.status === "answered" ? answer.payload : null,
    helped: helped.payload,
    ended: ended.status,
  };
});

let flaky = 0;
const failing = task("test.failing").run(async (ctx) => {
  await ctx.step("kept", () => 1);
  if (flaky++ % 2 === 0) throw new Error("once");
  return ctx.info.attempt;
});

const back = task("test.back").run(async (_ctx, input) => input);
const saga = task("test.saga").run(async (ctx) => {
  await ctx.undo("hotel", "test.back", { what: "hotel" });
  await ctx.step("car", { undo: (n) => ({ capability: "test.back", input: { car: n } }) }, () => 5);
  throw permanent("no flight");
});

const strict = task("test.strict")
  .input(z.object({ n: z.int() }))
  .run((_ctx, { n }) => n);

const scripts: [string, AnyTask[], Record<string, unknown>, (stage: Stage) => Promise<void>][] = [
  [
    "checkpoints, a changed yes, a sleep, a question to anybody",
    [asks],
    {},
    async (stage) => {
      await stage.modify("refund", { cents: 600 });
      await stage.answer("somebody", "yes");
    },
  ],
  ["a no", [refused], {}, (stage) => stage.reject("ship", "not today")],
  [
    "children, messages, a time-out, an event",
    [parent, child],
    {},
    async (stage) => {
      await stage.waits("paid");
      await stage.event("paid", "o-1", { cents: 5 });
    },
  ],
  ["keys, a request and its reply, an event of a step", [boss, helper], {}, async () => {}],
  ["a failure that is tried again", [failing], {}, async () => {}],
  ["what is taken back after a failure", [saga, back], {}, async () => {}],
  ["an input that does not fit", [strict], { n: "one" }, async () => {}],
];

test.each(scripts)("%s", async (_what, tasks, input, play) => {
  const histories: RunHistory[] = [];
  for (const stage of [await onTestPlane(tasks, input), await tenant.open(tasks, input)]) {
    await play(stage);
    await stage.end();
    histories.push(parseHistory(JSON.parse(JSON.stringify(await stage.history()))));
  }
  const [test, actual] = histories as [RunHistory, RunHistory];
  expect(plane(actual)).toEqual(plane(test));
  for (const history of [test, actual]) {
    if (tasks[0] === failing) flaky = 1;
    expect(await replay(tasks, history)).toMatchObject({ ok: true, findings: [] });
  }
});

test("runs that wait are held against new code, and each tenant's own alone", async () => {
  const stage = await tenant.open([refused], {});
  const stranger = await real.tenant();
  const { items } = await until(() => tenant.live("test.refused,test.nothing"));
  expect(items).toMatchObject([{ status: "running", steps: [{ capability: "test.refused" }] }]);
  expect((await stranger.live("test.refused")).items).toEqual([]);
  expect((await tenant.live("test.nothing")).items).toEqual([]);
  const other = task("test.refused").run((ctx) => ctx.approve("ship", { question: "Send it?" }));
  expect((await checkDeploy(refused, items)).counts).toMatchObject({ continues: 1 });
  expect((await checkDeploy(other, items)).runs).toMatchObject([
    { verdict: "must_stay_pinned", findings: [{ code: "approval_changed", name: "ship" }] },
  ]);
  await stage.approve("ship");
  await stage.end();

  async function until(look: () => ReturnType<typeof tenant.live>) {
    for (;;) {
      const page = await look();
      if (page.items.some(({ steps }) => steps.some(({ approvals }) => approvals.length > 0)))
        return page;
    }
  }
});
