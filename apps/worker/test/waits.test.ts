import { createDatabase, createPool } from "@nofx/db/client";
import { answerWait, sendEvent, sendMessage, spawn, wait } from "@nofx/db/leases";
import { seedRun, seedTenant, until, type SeededRun, type StepDraft } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startDatabase } from "../../../tests/chaos/database.ts";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

const PROVE = process.env["PROVE"] === "1";
const BY = { type: "member", id: "m1" };

let stack: WorkerStack;
beforeEach(async () => {
  stack = await startWorkerStack();
});
afterEach(() => stack[Symbol.asyncDispose]());

const waits = (name: string, args: Record<string, unknown>): StepDraft => ({
  name,
  kind: "wait",
  arguments: args,
});

/** The engine's own login on a database. */
function engineOf(url: (role: string) => string) {
  const pool = createPool({ connectionString: url("nofx_worker"), applicationName: "test" });
  return {
    db: createDatabase<DB>(pool),
    query: (text: string, values: unknown[] = []) => pool.query(text, values),
    end: () => pool.end(),
  };
}

const heldSteps = async (
  ask: (text: string, values: unknown[]) => Promise<{ n: number }[]>,
  run: SeededRun,
  count: number,
) => {
  const [row] = await ask(
    "select count(*)::int as n from steps where run_id = $1 and status = 'queued' and holds <> 0 and deps_left = 0",
    [run.id],
  );
  return row?.n === count;
};

test("every kind of wait outlives every process: workers killed, Postgres stopped in mid-work, all started anew", async () => {
  const database = await startDatabase();
  await using _ = { [Symbol.asyncDispose]: () => database.stop() };
  const env = {
    DATABASE_DIRECT_URL: database.url("nofx_worker"),
    DATABASE_GATEWAY_URL: database.url("nofx_agent_gateway"),
    NOFX_LEASE_SECONDS: "2",
  };
  const owner = createPool({ connectionString: database.url("postgres"), applicationName: "seed" });
  const tenant = await seedTenant(owner, { shell: "trusted" });
  const parentRun = await seedRun(owner, tenant.id, [{ name: "parent", arguments: sh(":") }]);
  const engine = engineOf(database.url);
  await waitForChildren(engine, parentRun.steps["parent"]!);
  const run = await seedRun(owner, tenant.id, [
    // longer than the workers may take to start on a busy machine
    waits("timer", { seconds: 12 }),
    waits("event", { event: { name: "built", key: "k" } }),
    waits("message", { message: { channel: "inbox" } }),
    waits("person", { person: { question: "Which?" } }),
    waits("approval", { approval: { question: "Go on?" } }),
    waits("first", {
      any: [
        { option: "never", seconds: 3_600 },
        { option: "told", event: { name: "built", key: "k" } },
      ],
    }),
  ]);
  await owner.end();

  const workers = [await stack.start(env), await stack.start(env)];
  await until("all six wait", () => heldSteps(database.ask, run, 6));
  for (const worker of workers) worker.signal("SIGKILL");
  await Promise.all(workers.map((worker) => worker.exited));
  await engine.end();
  await database.restart();
  await stack.start(env);

  const again = engineOf(database.url);
  await until("the server takes calls", () =>
    sendEvent(
      again.db,
      { tenantId: tenant.id, name: "built", key: "k", payload: { n: 1 }, runId: null },
      BY,
    ).catch(() => undefined),
  );
  const to = run.steps["message"]!;
  await sendMessage(again.db, { tenantId: tenant.id, to, channel: "inbox", payload: "hi" }, BY);
  const [question] = await database.ask<{ id: string }>("select id from waits where step_id = $1", [
    run.steps["person"],
  ]);
  await answerWait(again.db, { tenantId: tenant.id, waitId: question!.id, answer: "red" }, BY);
  const [asked] = await database.ask<{ id: string }>(
    "update approvals set status = 'approved', decided_at = clock_timestamp() where step_id = $1 returning id",
    [run.steps["approval"]],
  );
  await again.query("select engine.apply_approval($1, 'member', 'm1')", [asked!.id]);
  await until(
    "both runs have succeeded",
    async () => {
      const rows = await database.ask<{ status: string }>("select status from runs");
      return rows.every(({ status }) => status === "succeeded");
    },
    30_000,
  );
  await again.end();

  const steps = await database.ask<{ name: string; output: Record<string, unknown> }>(
    "select name, output from steps where run_id = $1 order by position",
    [run.id],
  );
  expect(Object.fromEntries(steps.map(({ name, output }) => [name, output]))).toMatchObject({
    timer: { met: "met", kind: "timer" },
    event: { met: "met", payload: { name: "built", payload: { n: 1 } } },
    message: { met: "met", payload: { payload: "hi" } },
    person: { met: "met", payload: { answer: "red" } },
    approval: { met: "met", payload: { status: "approved" } },
    first: { met: "told", kind: "event" },
  });
  const counted = await database.ask(
    "select max(failures)::int as failures, max(crashes)::int as crashes from steps",
  );
  expect(counted).toEqual([{ failures: 0, crashes: 0 }]);
}, 90_000);

/** The step spawns a child that waits itself, and waits for it; its executor then ends. */
async function waitForChildren(engine: ReturnType<typeof engineOf>, stepId: string): Promise<void> {
  const { db } = engine;
  await engine.query(
    "select engine.claim('gone', 'worker', array['shell@1'], null, '{}', 1, 60000, null)",
  );
  const claim = { stepId, epoch: 1, tenantId: null };
  const child = { name: "c", title: "c", kind: "wait", executor: "worker" } as const;
  await spawn(db, claim, [{ ...child, arguments: { seconds: 5 } }]);
  const children = { option: "ended", kind: "children" } as const;
  expect(await wait(db, claim, "all", [children])).toMatchObject({ held: true });
}

const MANY = PROVE ? 1_000 : 40;

test(`${MANY} waiting steps leave one worker free for other work, and each has one result when two workers resume them`, async () => {
  const first = await stack.start({ NOFX_CONCURRENCY: "1" });
  const run = await stack.run(
    Array.from({ length: MANY }, (_, i) =>
      waits(`w${i}`, { event: { name: "go" }, timeoutSeconds: 3_600 }),
    ),
  );
  const ask = async (text: string, values: unknown[]) =>
    (await stack.owner.query<{ n: number }>(text, values)).rows;
  await until("all wait", () => heldSteps(ask, run, MANY), 120_000);
  const other = await stack.run([{ name: "other", arguments: sh(":"), priority: 4 }]);
  await stack.finished(other);
  expect(await first.metric("nofx_steps_in_flight")).toBe(0);

  await stack.start({ NOFX_CONCURRENCY: "8" });
  const engine = engineOf(stack.stack.database.url);
  const sent = await sendEvent(
    engine.db,
    { tenantId: run.tenantId, name: "go", key: null, payload: 1, runId: run.id },
    BY,
  );
  await engine.end();
  expect(sent?.waiting).toBe(MANY);
  await stack.finished(run, "succeeded", 120_000);
  const { rows } = await stack.owner.query(
    `select outcomes, count(*)::int as n from (
       select array_agg(outcome order by epoch) as outcomes from attempts where run_id = $1 group by step_id) a group by 1`,
    [run.id],
  );
  expect(rows).toEqual([{ outcomes: ["suspended", "succeeded"], n: MANY }]);
}, 300_000);

test("nothing comes in time: the step fails by name, or goes on where the plan says so", async () => {
  await stack.start();
  const event = { name: "never" };
  const run = await stack.run([
    waits("patient", { event, timeoutSeconds: 0.1, onTimeout: "continue" }),
    waits("strict", { event, timeoutSeconds: 0.1 }),
  ]);
  await stack.finished(run, "failed");
  expect(await stack.step(run, "patient")).toMatchObject({
    status: "succeeded",
    output: { met: "timed_out", kind: "timer", payload: null },
  });
  expect(await stack.step(run, "strict")).toMatchObject({
    status: "failed",
    error: { code: "wait_timed_out" },
    failures: 1,
  });
});

test("people who are asked by a wait step and say no fail it", async () => {
  await stack.start();
  const run = await stack.run([waits("a", { approval: { question: "Go on?" } })]);
  const approval = await until("it asks", async () => {
    const { rows } = await stack.owner.query(
      "update approvals set status = 'rejected', decided_at = clock_timestamp() where run_id = $1 and status = 'pending' returning id",
      [run.id],
    );
    return rows[0]?.id as string | undefined;
  });
  const engine = engineOf(stack.stack.database.url);
  await engine.query("select engine.apply_approval($1, 'member', 'm1')", [approval]);
  await engine.end();
  await stack.finished(run, "failed");
  expect(await stack.step(run, "a")).toMatchObject({ error: { code: "approval_rejected" } });
});
