import { createHash, randomBytes } from "node:crypto";
import { sendEvent } from "@nofx/db/leases";
import { createDatabase, createPool } from "@nofx/db/client";
import { seedAgent, seedRun, seedTenant, until } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { defineAgent, permanent, task } from "@nofx/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startWorkerStack, type WorkerStack } from "../../apps/worker/test/harness.ts";

// The SDK against the real thing: a worker's gateway and Postgres, with the agent stopped and started in between.

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

const executions = { parent: 0, before: 0 };

const parent = task("test.parent").run(async (ctx) => {
  executions.parent += 1;
  await ctx.step(
    "before",
    { undo: (n) => ({ capability: "test.child", input: { takeBack: n } }) },
    () => ++executions.before,
  );
  const sides = await Promise.all(
    ["left", "right"].map((side) =>
      ctx.spawn("side", child, { side, parent: ctx.info.stepId }, { key: side }),
    ),
  );
  await ctx.message.send("go", { step: sides[0]!.stepId, channel: "orders" }, "go");
  const said = await ctx.message.read("results");
  const half = await ctx.waitFor("halfway");
  const whose = { step: sides[0]!.stepId, channel: "questions" };
  const told = await ctx.message.request("how", whose, "how far?", { timeoutSeconds: 600 });
  const [left] = await ctx.join([sides[0]!]);
  const ended = await ctx.join();
  await ctx.sleep("nap", 0.1);
  const paid = await ctx.waitFor("paid", { match: "order-1" });
  const late = await ctx.any(
    "never",
    { told: { event: { name: "never" } } },
    { timeoutSeconds: 0.1 },
  );
  return {
    said: said?.payload,
    half: half.payload,
    told: told.status === "answered" ? told.payload : told.status,
    left: left.status === "succeeded" ? left.output.length : 0,
    ended: ended.map((child) => [
      child.name,
      child.status === "failed" ? child.failure : child.status,
    ]),
    paid: paid.payload,
    late: late.option,
  };
});

const child = task("test.child")
  .input(z.object({ side: z.string(), parent: z.string() }))
  .output(z.string())
  .run(async (ctx, input) => {
    if (input.side === "right")
      throw permanent("not the right one", { data: { side: input.side } });
    const order = await ctx.message.read("orders");
    await ctx.emit("halfway", { side: input.side });
    await ctx.message.send(
      "done",
      { step: input.parent, channel: "results" },
      `${String(order?.payload)}, done`,
    );
    const question = await ctx.message.read("questions");
    if (question?.payload === "how far?") await ctx.message.reply("so far", question, "nearly");
    return "left is done";
  });

test("an agent spawns, sends, receives, sleeps and waits; restarted in mid-wait it goes on, and does nothing twice", async () => {
  const worker = await stack.start();
  const tenant = await seedTenant(stack.owner);
  const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  await seedAgent(stack.owner, tenant.id, {
    capabilities: ["test.parent", "test.child"],
    keySha256: createHash("sha256").update(key).digest("hex"),
  });
  const run = await seedRun(stack.owner, tenant.id, [
    {
      name: "p",
      kind: "agent",
      capability: "test.parent",
      arguments: { capability: "test.parent", input: {} },
    },
  ]);
  const agent = (signal: AbortSignal) =>
    defineAgent({ tasks: [parent, child], concurrency: 3 }).run({
      url: worker.url,
      key,
      signal,
      onEvent: () => {},
    });

  const first = new AbortController();
  const firstEnd = agent(first.signal);
  await until("it waits for the event", async () => {
    const { rows } = await stack.owner.query(
      "select from waits where run_id = $1 and topic = 'paid' and status = 'open'",
      [run.id],
    );
    return rows.length === 1;
  });
  first.abort();
  await firstEnd;

  const pool = createPool({
    connectionString: stack.stack.database.url("nofx_worker"),
    applicationName: "outside",
  });
  const event = { tenantId: tenant.id, name: "paid", key: "order-1", payload: 5, runId: null };
  await sendEvent(createDatabase<DB>(pool), event, { type: "system", id: "test" });
  await pool.end();

  const second = new AbortController();
  const secondEnd = agent(second.signal);
  await stack.finished(run);
  second.abort();
  await secondEnd;

  const { output, failures, crashes } = await stack.step(run, "p");
  expect(output).toEqual({
    said: "go, done",
    half: { side: "left" },
    told: "nearly",
    left: "left is done".length,
    ended: [
      ["side.left", "succeeded"],
      [
        "side.right",
        {
          tag: "StepFailure",
          step: "side.right",
          attempt: 1,
          stage: "handler",
          at: null,
          class: "permanent",
          code: "agent_permanent_error",
          message: "not the right one",
          data: { side: "right" },
        },
      ],
    ],
    paid: 5,
    late: "timed_out",
  });
  expect({ failures, crashes, before: executions.before }).toEqual({
    failures: 0,
    crashes: 0,
    before: 1,
  });
  expect(executions.parent).toBeGreaterThan(3);
  const { rows: messages } = await stack.owner.query(
    "select payload from agent_messages where run_id = $1 and to_step is not null",
    [run.id],
  );
  // what they say lies sealed
  expect(messages.map(({ payload }) => payload as unknown)).toEqual([null, null, null, null]);
  const { rows: undos } = await stack.owner.query(
    "select name, status, arguments from compensations where run_id = $1",
    [run.id],
  );
  expect(undos).toMatchObject([{ name: "before", status: "registered" }]);
}, 60_000);
