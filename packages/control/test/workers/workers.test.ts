import { workerBeat, workerHello } from "@nofx/db/leases";
import { createDatabase, createPool } from "@nofx/db/client";
import { seedRun } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  again,
  createTestPlane,
  type TestPlane,
  type TestTenant,
} from "../../src/testing/index.ts";
import { drainWorker, listWorkers, pullPlug, undrainWorker } from "../../src/workers/index.ts";

let test: TestPlane;
let operating: TestTenant;
let other: TestTenant;
let workers: ReturnType<typeof createPool>;
const beat = { inFlight: 2, free: 2, claimed: 9, settled: 7, stopping: false };
beforeAll(async () => {
  test = await createTestPlane();
  [operating, other] = [await test.tenant(), await test.tenant()];
  await test.owner.query("update tenants set operates_plane = true where id = $1", [operating.id]);
  workers = createPool({
    connectionString: test.database.url("nofx_worker"),
    applicationName: "worker",
    max: 1,
  });
  const db = createDatabase<DB>(workers);
  const who = { host: "here", pid: 1, version: "1.0.0", handlers: ["shell@1"], concurrency: 4 };
  for (const name of ["w1", "w2", "w3"]) await workerHello(db, name, { ...who, local: false });
  await workerBeat(db, "w1", beat);
  await test.owner.query("update worker_devices set status = 'stopped' where name = 'w3'");
  // none falls silent, however slow this machine is
  await test.owner.query(
    "update worker_devices set seen_at = clock_timestamp() + interval '10 minutes'",
  );
});
afterAll(async () => {
  await workers.end();
  await test[Symbol.asyncDispose]();
});

it("shows the workers to the people of every tenant, by pages; those that ended only when asked", async () => {
  const viewer = await other.as("viewer");
  const first = await listWorkers(viewer, { limit: 1 });
  expect(first).toMatchObject({
    items: [
      { name: "w1", status: "active", version: "1.0.0", inFlight: 2, claimed: 9, settled: 7 },
    ],
    nextCursor: "w1",
    mayDrain: false,
    plug: false,
  });
  const rest = await listWorkers(viewer, { cursor: "w1" });
  expect(rest).toMatchObject({ items: [{ name: "w2" }], nextCursor: null });
  const all = await listWorkers(viewer, { all: true });
  expect(all.items.map(({ name, status }) => [name, status])).toEqual([
    ["w1", "active"],
    ["w2", "active"],
    ["w3", "stopped"],
  ]);
});

it("is drained and taken back by operators of a tenant that operates the plane, once each in the audit log", async () => {
  const operator = await operating.as("operator");
  expect(await listWorkers(operator, {})).toMatchObject({ mayDrain: true });
  for (let i = 0; i < 2; i++) {
    expect(await drainWorker(again(operator), { name: "w1" })).toMatchObject({
      status: "draining",
      drainRequestedAt: expect.any(String),
    });
  }
  expect(await undrainWorker(again(operator), { name: "w1" })).toMatchObject({
    status: "active",
    drainRequestedAt: null,
  });
  const { rows } = await test.owner.query(
    "select verb from audit_log where tenant_id = $1 and verb like 'worker.%' order by seq",
    [operating.id],
  );
  expect(rows).toEqual([{ verb: "worker.drained" }, { verb: "worker.undrained" }]);
  await expect(drainWorker(again(operator), { name: "nobody" })).rejects.toMatchObject({
    code: "not_found",
  });
});

it("is not drained by viewers, nor by anybody of another tenant, whatever way they take", async () => {
  for (const ctx of [await operating.as("viewer"), await other.as("admin")]) {
    await expect(drainWorker(ctx, { name: "w1" })).rejects.toMatchObject({ code: "forbidden" });
  }
  // the same person, a member of both, acting in the tenant that does not operate the plane
  const both = await operating.as("admin");
  await test.owner.query(
    "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, 'b@example.test', 'b', 'admin')",
    [other.id, both.actor.id],
  );
  await expect(drainWorker({ ...both, tenantId: other.id }, { name: "w1" })).rejects.toMatchObject({
    code: "forbidden",
  });
  const { rows } = await test.owner.query("select drain_requested_at from worker_devices");
  expect(rows.every((row) => row.drain_requested_at === null)).toBe(true);
});

it("is frozen on a local stack only", async () => {
  const operator = await operating.as("operator");
  const run = await seedRun(test.owner, operating.id, [{ name: "a" }]);
  await expect(pullPlug(operator, { runId: toId("run", run.id) })).rejects.toMatchObject({
    code: "not_local_stack",
    detail: expect.stringContaining("npm start"),
  });
});
