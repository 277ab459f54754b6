import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testServerUrl, until, withClient, type SeededRun } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, sh, startWorkerStack, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
beforeEach(async () => {
  stack = await startWorkerStack();
});
afterEach(() => stack[Symbol.asyncDispose]());

const LEASE = { NOFX_LEASE_SECONDS: "1.5" };

/** An effect as a careful command has it: once per key, however often it is tried. */
const effect = (before: string) =>
  sh(`
    ${before}
    ledger="$PWD/ledger"
    mkdir -p "$ledger"
    mkdir "$ledger/$NOFX_IDEMPOTENCY_KEY" || true
    echo "$NOFX_STEP_NAME $NOFX_EPOCH" >> tries
  `);

const fileOf = (run: SeededRun, name: string) =>
  readFileSync(join(stack.folder, "workspaces", run.id, name), "utf8").trim();

const inWorkspace = (run: SeededRun, name: string) =>
  until(`${name} is there`, () => {
    try {
      return fileOf(run, name) || undefined;
    } catch {
      return undefined;
    }
  });

test("the worker is killed with -9 in mid-run: its commands die with it, the next one finishes, nothing counts twice", async () => {
  const first = await stack.start(LEASE);
  const run = await stack.run([
    { name: "a", arguments: effect("") },
    {
      name: "b",
      needs: ["a"],
      arguments: effect("if [ $NOFX_EPOCH = 1 ]; then echo $$ > pid; sleep 300; fi"),
    },
    {
      name: "beside",
      needs: ["a"],
      arguments: effect("if [ $NOFX_EPOCH = 1 ]; then sleep 300 & echo $! > grandchild; wait; fi"),
    },
    { name: "c", needs: ["b", "beside"], arguments: effect("") },
  ]);
  const pids = [
    Number(await inWorkspace(run, "pid")),
    Number(await inWorkspace(run, "grandchild")),
  ];
  expect(pids.map(isAlive)).toEqual([true, true]);
  first.signal("SIGKILL");
  await first.exited;
  await until("nothing of it runs any more", () => !pids.some(isAlive));

  await stack.start(LEASE);
  await stack.finished(run);
  for (const name of ["a", "b", "beside", "c"]) {
    const outcomes = await stack.attempts(run, name);
    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(1);
  }
  expect(await stack.attempts(run, "b")).toEqual(["lost", "succeeded"]);
  expect(await stack.step(run, "b")).toMatchObject({ crashes: 1, failures: 0 });
  // every command that ran to its end did so once
  expect(fileOf(run, "tries").split("\n").sort()).toEqual(["a 1", "b 2", "beside 2", "c 1"]);
});

test("a worker that thaws after its lease ran out cannot settle: the fence refuses it", async () => {
  const frozen = await stack.start(LEASE);
  const run = await stack.run([
    { name: "a", arguments: effect("if [ $NOFX_EPOCH = 1 ]; then echo $$ > pid; sleep 1; fi") },
  ]);
  await inWorkspace(run, "pid");
  frozen.signal("SIGSTOP");
  await until("its lease runs out", async () => {
    const { rows } = await stack.owner.query(
      "select lease_until < clock_timestamp() as late from steps where id = $1",
      [run.steps["a"]],
    );
    return rows[0].late === true;
  });
  const other = await stack.start(LEASE);
  await stack.finished(run);
  frozen.signal("SIGCONT");
  await until("the thawed worker was refused", async () => {
    const refused = await frozen.metric("nofx_stale_settles_total");
    return refused + (await frozen.metric("nofx_leases_lost_total")) > 0;
  });
  expect(await stack.attempts(run, "a")).toEqual(["lost", "succeeded"]);
  expect(await other.metric("nofx_steps_settled_total")).toBe(1);
  expect(await frozen.metric("nofx_steps_settled_total")).toBe(0);
});

test("told to stop, a worker lets short steps end, gives long ones back, and leaves nothing running", async () => {
  const worker = await stack.start({ NOFX_GRACE_SECONDS: "3" });
  const run = await stack.run([
    { name: "short", arguments: sh("echo $$ > short; until [ -e go ]; do sleep 0.05; done") },
    { name: "long", arguments: sh("echo $$ > long; [ $NOFX_EPOCH = 2 ] || sleep 300") },
    { name: "after", needs: ["short"], arguments: sh("true") },
  ]);
  const pid = Number(await inWorkspace(run, "long"));
  await inWorkspace(run, "short");
  worker.signal("SIGTERM");
  await until("it drains", async () => {
    const health = (await (await fetch(`${worker.url}/health`)).json()) as { status: string };
    return health.status === "draining";
  });
  writeFileSync(join(stack.folder, "workspaces", run.id, "go"), "");
  expect(await worker.exited).toBe(0);
  expect(isAlive(pid)).toBe(false);
  expect(await stack.step(run, "short")).toMatchObject({ status: "succeeded" });
  expect(await stack.step(run, "after")).toMatchObject({ status: "queued", epoch: 0 });
  expect(await stack.step(run, "long")).toMatchObject({
    status: "queued",
    failures: 0,
    crashes: 0,
  });
  expect(await stack.attempts(run, "long")).toEqual(["released"]);

  await stack.start();
  await stack.finished(run);
});

test("told twice, a worker stops at once", async () => {
  const worker = await stack.start({ NOFX_GRACE_SECONDS: "300" });
  const run = await stack.run([{ name: "long", arguments: sh("echo $$ > long; sleep 300") }]);
  await inWorkspace(run, "long");
  worker.signal("SIGINT");
  await until("it drains", async () => (await fetch(`${worker.url}/health`)).status === 503);
  worker.signal("SIGINT");
  expect(await worker.exited).toBe(0);
  expect(await stack.attempts(run, "long")).toEqual(["released"]);
});

test("a cancel that people ask for stops the command", async () => {
  await stack.start(LEASE);
  const run = await stack.run([
    { name: "long", arguments: sh("echo $$ > long; sleep 300") },
    { name: "next", needs: ["long"] },
  ]);
  const pid = Number(await inWorkspace(run, "long"));
  await stack.owner.query(
    "update steps set cancel_requested_at = clock_timestamp() where id = $1",
    [run.steps["long"]],
  );
  await stack.finished(run, "cancelled");
  await until("the command is gone", () => !isAlive(pid));
  expect(await stack.step(run, "next")).toMatchObject({ status: "cancelled" });
});

test("a claim whose answer was lost is not left lying until its lease runs out", async () => {
  const worker = await stack.start({ NOFX_WORKER_NAME: "deaf" });
  await until(
    "it has said hello, and claims",
    async () => (await fetch(`${worker.url}/health`)).status === 200,
  );
  const run = await stack.run([{ name: "a", arguments: sh("true"), sensitive: true }]);
  // what a cut connection leaves behind: claimed in this worker's name, and it never heard of it
  await stack.owner.query(
    "update steps set holds = 0, run_at = clock_timestamp() + interval '1 hour' where id = $1",
    [run.steps["a"]],
  );
  await stack.owner.query(
    `with claimed as (
       update steps set status = 'assigned', epoch = 1, lease_owner = 'deaf', run_at = clock_timestamp(),
         lease_until = clock_timestamp() + interval '1 hour'
       where id = $1 returning id, tenant_id, run_id)
     insert into attempts (step_id, epoch, tenant_id, run_id, executor) select id, 1, tenant_id, run_id, 'deaf' from claimed`,
    [run.steps["a"]],
  );
  await allowConnections(false);
  await cutConnections();
  await until("a tick fails", async () => (await worker.metric("nofx_exchange_errors_total")) > 0);
  await allowConnections(true);
  await stack.finished(run);
  expect(await stack.attempts(run, "a")).toEqual(["released", "succeeded"]);
});

async function allowConnections(allow: boolean): Promise<void> {
  const { name } = stack.stack.database;
  await withClient(testServerUrl(), (admin) =>
    admin.query(`alter database ${name} allow_connections ${allow}`),
  );
}

async function cutConnections(): Promise<void> {
  await stack.owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('nofx_worker', 'nofx_agent_gateway') and datname = current_database()",
  );
}

test("connections that are cut again and again lose nothing and count nothing twice", async () => {
  // Where giving back a claim is cut too, the step waits for its lease to run out.
  const worker = await stack.start({ NOFX_LEASE_SECONDS: "5" });
  const chain = Array.from({ length: 12 }, (_, i) => ({
    name: `s${i}`,
    arguments: sh('echo "$NOFX_STEP_NAME" >> ledger'),
    ...(i % 4 === 0 ? {} : { needs: [`s${i - 1}`] }),
  }));
  const run = await stack.run(chain);
  for (let cut = 0; cut < 15 && (await stack.runStatus(run)) !== "succeeded"; cut++) {
    await cutConnections();
    await delay(60);
  }
  await stack.finished(run);
  for (const { name } of chain) {
    const outcomes = await stack.attempts(run, name);
    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(1);
  }
  expect(fileOf(run, "ledger").split("\n").toSorted()).toEqual(
    chain.map(({ name }) => name).toSorted(),
  );
  expect(await worker.metric("nofx_stale_settles_total")).toBe(0);
});
