import { findRedis, startTestRedis, until, type TestRedis } from "@nofx/db/testing";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "../harness.ts";

// Workers on several machines need nothing but their environment: each of these has its own name, port and workspaces.

// says why where there is none
const found = await findRedis();

let stack: WorkerStack;
beforeEach(async () => {
  stack = await startWorkerStack();
});
afterEach(() => stack[Symbol.asyncDispose]());

const machine = (name: string, env: Record<string, string>) =>
  stack.start({
    NOFX_WORKER_NAME: name,
    NOFX_WORKSPACES: join(stack.folder, name),
    NOFX_CONCURRENCY: "1",
    NOFX_LEASE_SECONDS: "1",
    NOFX_PREFETCH_MAX: "0",
    ...env,
  });

async function shareRun(driver: "postgres" | "bullmq", redis?: TestRedis): Promise<void> {
  const env = { QUEUE_DRIVER: driver, ...(redis === undefined ? {} : { REDIS_URL: redis.url }) };
  const names = ["north", "east", "south"];
  const workers = await Promise.all(names.map((name) => machine(name, env)));
  const healths = await Promise.all(
    workers.map(async ({ url }) => (await fetch(`${url}/health`)).json()),
  );
  expect(healths).toMatchObject(
    names.map((worker) => ({ worker, transport: { driver, up: true } })),
  );
  expect(new Set(workers.map(({ url }) => url)).size).toBe(3);

  const go = join(stack.folder, "go");
  const untilGo = sh(`until [ -e "${go}" ]; do sleep 0.05; done`);
  const run = await stack.run(
    Array.from({ length: 12 }, (_, i) => ({ name: `s${i}`, arguments: untilGo })),
  );
  const executors = async () => {
    const { rows } = await stack.owner.query<{ executor: string }>(
      "select distinct executor from attempts",
    );
    return rows.map(({ executor }) => executor);
  };
  await until("all three are at work", async () => (await executors()).length === 3);
  workers[0]?.signal("SIGKILL");
  writeFileSync(go, "");
  await stack.finished(run, "succeeded", 30_000);
  const { rows } = await stack.owner.query<{ n: number }>(
    "select count(*)::int as n from attempts where outcome = 'succeeded' group by step_id",
  );
  expect(rows).toEqual(Array.from({ length: 12 }, () => ({ n: 1 })));
}

test(
  "three workers share a run; one that is killed hands its share to the others",
  () => shareRun("postgres"),
  60_000,
);

test.skipIf(found === undefined)(
  "so do three with BullMQ",
  async () => {
    await using redis = await startTestRedis();
    await shareRun("bullmq", redis);
  },
  60_000,
);

test.skipIf(found === undefined)(
  "a worker does not start with a Redis that would drop what it keeps",
  async () => {
    await using redis = await startTestRedis();
    await redis.say("CONFIG SET maxmemory-policy allkeys-lru");
    const started = machine("north", { QUEUE_DRIVER: "bullmq", REDIS_URL: redis.url });
    await expect(started).rejects.toThrow(/maxmemory-policy allkeys-lru.*noeviction/);
  },
);

test.skipIf(found === undefined)(
  "a worker starts without its Redis, says so, and takes it up when it is there",
  async () => {
    await using redis = await startTestRedis();
    await redis.kill();
    const worker = await machine("north", { QUEUE_DRIVER: "bullmq", REDIS_URL: redis.url });
    const health = async () => (await fetch(`${worker.url}/health`)).json();
    expect(await health()).toMatchObject({ transport: { driver: "bullmq", up: false } });
    expect(await worker.metric("nofx_transport_up")).toBe(0);
    await stack.finished(await stack.run([{ name: "a", arguments: sh(":") }]));
    await redis.start();
    await until("it is up", async () => (await worker.metric("nofx_transport_up")) === 1);
    await stack.finished(await stack.run([{ name: "b", arguments: sh(":") }]));
  },
);
