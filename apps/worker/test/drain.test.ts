import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

const STEPS = 50;

let stack: WorkerStack;
beforeEach(async () => {
  stack = await startWorkerStack();
});
afterEach(() => stack[Symbol.asyncDispose]());

const count = async (where: string) => {
  const { rows } = await stack.owner.query(`select count(*)::int as n from steps where ${where}`);
  return rows[0].n as number;
};
const device = async (name: string) =>
  (await stack.owner.query("select * from worker_devices where name = $1", [name])).rows[0];
const drain = (at: string) =>
  stack.owner.query(`update worker_devices set drain_requested_at = ${at}`);
/** Few steps end at once; the others when they are let go. */
const load = (steps: number) =>
  stack.run(
    Array.from({ length: steps }, (_, i) => ({
      name: `s${i}`,
      arguments: sh(i < 8 ? ":" : `until [ -e "${stack.folder}/go" ]; do sleep 0.05; done`),
    })),
  );
const letGo = () => writeFileSync(join(stack.folder, "go"), "");

test("a drained worker ends what it holds, claims nothing, stays, and goes on when it is taken back", async () => {
  const worker = await stack.start({ NOFX_WORKER_NAME: "w", NOFX_CONCURRENCY: "2" });
  const run = await load(STEPS);
  await until("it is at work", async () => (await count("status = 'succeeded'")) > 0);
  await drain("clock_timestamp()");
  await until("it has heard", async () => (await worker.metric("nofx_worker_draining")) === 1);
  letGo();
  await until(
    "it holds nothing",
    async () => (await count("status in ('assigned', 'running')")) === 0,
  );
  await until("all know", async () => (await device("w")).status === "draining");
  const left = await count("status = 'queued'");
  expect(left).toBeGreaterThan(0);
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
  // it beats on, and a ring does not tempt it
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
  const seen = (await device("w")).seen_at.getTime();
  await until("it beats on", async () => (await device("w")).seen_at.getTime() > seen);
  expect(await count("status = 'queued'")).toBe(left);

  await drain("null");
  await stack.finished(run, "succeeded", 60_000);
  expect(await device("w")).toMatchObject({ status: "active", drain_requested_at: null });
}, 90_000);

test("stopped under load, it leaves nothing running and says goodbye; what is left waits for the next", async () => {
  const worker = await stack.start({ NOFX_WORKER_NAME: "w", NOFX_CONCURRENCY: "8" });
  const run = await load(STEPS);
  await until("it is at work", async () => (await count("status = 'succeeded'")) > 4);
  worker.signal("SIGTERM");
  letGo();
  expect(await worker.exited).toBe(0);
  expect(await count("status in ('assigned', 'running')")).toBe(0);
  expect(await count("lease_owner is not null")).toBe(0);
  expect(await count("status = 'queued' and failures + crashes > 0")).toBe(0);
  expect(await device("w")).toMatchObject({ status: "stopped", in_flight: 0 });
  expect(await stack.runStatus(run)).toBe("running");
  await stack.start();
  await stack.finished(run, "succeeded", 60_000);
}, 90_000);

test("a name that people drained stays drained when its process is started anew", async () => {
  await stack.owner.query(
    "select engine.worker_hello('w', 'here', 1, '1.0.0', '{shell@1}', 1, false)",
  );
  await drain("clock_timestamp()");
  await load(3);
  const worker = await stack.start({ NOFX_WORKER_NAME: "w" });
  await until("it has heard", async () => (await worker.metric("nofx_worker_draining")) === 1);
  const seen = (await device("w")).seen_at.getTime();
  await until("it has beaten twice", async () => {
    const { seen_at } = await device("w");
    return seen_at.getTime() > seen + 2_500;
  });
  expect(await count("epoch > 0")).toBe(0);
  expect(await device("w")).toMatchObject({ status: "draining", version: "0.1.0" });
});
