import { createPlane, type Plane } from "@nofx/control/command";
import { system } from "@nofx/control/seams";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { createPool } from "@nofx/db/client";
import { seedRun, seedTenant, startTestStack, until, type TestStack } from "@nofx/db/testing";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { Fleet } from "../src/presence/fleet.ts";
import { readPlanePolicy } from "../src/retention/plane-policy.ts";
import { retentionLoop, type RemoveFiles } from "../src/retention/retention-loop.ts";

let stack: TestStack;
let owner: pg.Pool;
let engine: WorkerEngine;
let plane: Plane;
beforeAll(async () => {
  stack = await startTestStack();
  owner = createPool({
    connectionString: stack.database.url("postgres"),
    applicationName: "test",
  });
  engine = createWorkerEngine({
    connectionString: stack.database.url("nofx_worker"),
    worker: "w1",
  });
  plane = createPlane(
    {
      DATABASE_URL: stack.database.url("nofx_agent_gateway"),
      SUPABASE_URL: stack.gatewayUrl,
      SUPABASE_ANON_KEY: stack.keys.publishableKey,
      SUPABASE_JWT_SECRET: stack.keys.jwtSecret,
    },
    { applicationName: "test" },
  );
});
afterAll(async () => {
  await Promise.all([engine.close(), plane.close(), owner.end()]);
  await stack.stop();
});

/** The loop of a worker, without its pauses. */
function start(removeFiles: RemoveFiles, env: Record<string, string> = {}) {
  const ending = new AbortController();
  const metrics = createMetrics();
  const errors: unknown[] = [];
  const clock = {
    ...system.clock,
    sleep: (_: number, signal?: AbortSignal) => system.clock.sleep(5, signal),
  };
  const fleet = new Fleet(system.random);
  const options = { clock, fleet, engine, metrics, removeFiles, policy: readPlanePolicy(env) };
  const running = retentionLoop(options, ending.signal, (error) => errors.push(error));
  return {
    metrics,
    errors,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

test("runs are archived, deleted, and their files removed from storage, also when that fails at first", async () => {
  const tenant = await seedTenant(owner);
  const run = await seedRun(owner, tenant.id, [{ name: "a" }]);
  const path = `${tenant.id}/${run.id}/out.txt`;
  const files = plane.storage.forTenant(tenant.id);
  await files.put("artifacts", path, new TextEncoder().encode("text"), "text/plain");
  await owner.query(
    `insert into artifacts (tenant_id, run_id, step_id, epoch, name, content_type, size, sha256, path)
     values ($1, $2, $3, 1, 'out.txt', 'text/plain', 4, repeat('0', 64), $4)`,
    [tenant.id, run.id, run.steps["a"], path],
  );
  await owner.query(
    "update steps set status = 'succeeded', finalised_at = clock_timestamp() where run_id = $1",
    [run.id],
  );
  await owner.query(
    "update runs set status = 'succeeded', steps_left = 0, finished_at = clock_timestamp() where id = $1",
    [run.id],
  );
  const place = async () =>
    (await owner.query("select archived from runs_all where id = $1", [run.id])).rows[0]?.archived;

  let broken = true;
  const loop = start(
    async (tenantId, paths) => {
      if (broken) throw new Error("storage is down");
      await plane.storage.forTenant(tenantId).remove("artifacts", paths);
    },
    { NOFX_ARCHIVE_AFTER_SECONDS: "0", NOFX_DELETE_AFTER_DAYS: "1" },
  );
  try {
    await until("it is archived", async () => (await place()) === true);
    expect(loop.metrics.total("nofx_runs_archived_total")).toBe(1);
    await owner.query("update runs_history set finished_at = finished_at - interval '2 days'");
    await until("storage was asked", () => loop.errors.length > 0);
    expect(await place()).toBeUndefined();
    expect(await files.get("artifacts", path)).toBeDefined();

    broken = false;
    await owner.query("update storage_deletions set next_at = clock_timestamp()");
    await until(
      "the list is empty",
      async () => (await owner.query("select from storage_deletions")).rowCount === 0,
    );
    expect(await files.get("artifacts", path)).toBeUndefined();
    // removing what is gone is no error: who died after removing does it again
    await files.remove("artifacts", [path]);
  } finally {
    await loop.stop();
  }
  const { rows } = await owner.query("select value from plane_settings where key = 'retention'");
  expect(rows[0]?.value).toEqual({
    archive_after_seconds: 0,
    delete_after_days: 1,
    events_after_days: 365,
  });
});

test("the environment says numbers, or never; what it does not say stays", () => {
  expect(readPlanePolicy({})).toEqual({});
  expect(
    readPlanePolicy({ NOFX_DELETE_AFTER_DAYS: "never", NOFX_ARCHIVE_AFTER_SECONDS: "60" }),
  ).toEqual({ archive_after_seconds: 60, delete_after_days: null });
  for (const wrong of ["0", "-1", "soon", "1.5"]) {
    expect(() => readPlanePolicy({ NOFX_EVENTS_AFTER_DAYS: wrong })).toThrow(
      /NOFX_EVENTS_AFTER_DAYS/,
    );
  }
});
