import { system } from "@nofx/control/seams";
import { createDoorbell, createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { createPool } from "@nofx/db/client";
import {
  createTestDatabase,
  seedRun,
  seedTenant,
  until,
  type TestDatabase,
} from "@nofx/db/testing";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readEnv } from "../src/env.ts";
import { WorkerLoop } from "../src/loop/worker-loop.ts";
import { createMetrics } from "../src/metrics.ts";
import { handlersOf, routingOf } from "../src/routing-env.ts";
import { createPostgresTransport } from "../src/transports/postgres-transport.ts";

// Which steps a worker takes, told by its environment: its loop on a real Postgres.

const UNUSED = {
  DATABASE_DIRECT_URL: "-",
  DATABASE_GATEWAY_URL: "-",
  SUPABASE_URL: "http://127.0.0.1",
  SUPABASE_ANON_KEY: "-",
  SUPABASE_JWT_SECRET: "-",
  NOFX_WORKSPACES: "-",
  NOFX_WORKSPACE_ROOT: "-",
};

let database: TestDatabase;
let owner: pg.Pool;
let engine: WorkerEngine;
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  const connectionString = database.url("nofx_worker");
  engine = createWorkerEngine({ connectionString, worker: "w" });
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await owner.query("update steps set queue = 'old' where queue <> 'old'");
});
afterAll(async () => {
  await Promise.all([engine.close(), owner.end()]);
  await database.drop();
});

/** A worker's loop under this environment; answers the titles of what it has executed. */
function start(variables: Record<string, string>, known = ["shell@1", "http@1"]): string[] {
  const env = readEnv({ ...UNUSED, ...variables });
  const { clock, random } = system;
  const doorbell = createDoorbell({
    connectionString: database.url("nofx_worker"),
    applicationName: "test doorbell",
  });
  const routing = routingOf(env);
  const executed: string[] = [];
  const loop = new WorkerLoop({
    engine,
    transport: createPostgresTransport({ doorbell, routing }),
    metrics: createMetrics(),
    version: "1",
    handlers: handlersOf(known, env.NOFX_TYPES),
    concurrency: 2,
    leaseMs: env.NOFX_LEASE_SECONDS * 1_000,
    routing,
    steal: env.NOFX_STEAL,
    prefetch: { most: env.NOFX_PREFETCH_MAX, withinMs: 50 },
    clock,
    random,
    execute: async ({ step }) => {
      executed.push(step.title);
      return { type: "succeeded", output: {} };
    },
    onError: (error) => executed.push(String(error)),
  });
  loop.start();
  stops.push(async () => {
    loop.drain();
    await loop.done;
    await doorbell.close();
  });
  return executed;
}

/** Steps of a tenant of their own; one of each name. */
async function queue(names: readonly string[], more: { queue?: string; kind?: "shell" | "http" }) {
  const tenant = await seedTenant(owner);
  const { kind = "shell" } = more;
  const run = await seedRun(
    owner,
    tenant.id,
    names.map((name) => ({ name, kind })),
  );
  await owner.query("update steps set queue = $2 where run_id = $1", [
    run.id,
    more.queue ?? "default",
  ]);
  await owner.query("select pg_notify('nofx_doorbell', 'default')");
  return tenant.id;
}

const has = (executed: readonly string[], count: number) =>
  until(`${count} are executed`, () => executed.length >= count);

test("queues: only those that are named, the first one first", async () => {
  await queue(["later"], { queue: "default" });
  await queue(["first"], { queue: "mail" });
  await queue(["never"], { queue: "other" });
  const executed = start({ NOFX_QUEUES: "mail,default", NOFX_CONCURRENCY: "1" });
  await has(executed, 2);
  expect(executed).toEqual(["first", "later"]);
  const others = start({ NOFX_QUEUES: "other" });
  await has(others, 1);
  expect([executed.length, others]).toEqual([2, ["never"]]);
});

test("types: nothing else is taken, whatever there is code for", async () => {
  await queue(["shell"], {});
  await queue(["http"], { kind: "http" });
  const executed = start({ NOFX_TYPES: "http*" });
  await has(executed, 1);
  await queue(["http-again"], { kind: "http" });
  await has(executed, 2);
  expect(executed).toEqual(["http", "http-again"]);
});

test("tenants: its own at once; those of others when its own have had nothing for a second, unless it may not", async () => {
  const own = await queue(["own"], {});
  await queue(["of-others"], {});
  const strict = start({ NOFX_TENANTS: own, NOFX_STEAL: "false" });
  await has(strict, 1);
  const helpful = start({ NOFX_TENANTS: own });
  await has(helpful, 1);
  expect([strict, helpful]).toEqual([["own"], ["of-others"]]);
});

test("shards: each tenant is of one shard, and all are served", async () => {
  const shards = [0, 1, 2].map((i) => start({ NOFX_SHARD: `${i}/3`, NOFX_STEAL: "no" }));
  const names = Array.from({ length: 12 }, (_, n) => `t${n}`);
  for (const name of names) await queue([`${name}-a`, `${name}-b`], {});
  await until("all are executed", () => shards.flat().length === 24);
  const of = names.map(
    (name) => shards.filter((shard) => shard.some((title) => title.startsWith(`${name}-`))).length,
  );
  expect(of).toEqual(names.map(() => 1));
});
