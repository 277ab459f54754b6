import { afterEach, beforeEach, expect, test } from "vitest";
import {
  endStranded,
  exchange,
  pruneWorkers,
  reclaim,
  stats,
  workerBeat,
  workerBye,
  workerHello,
} from "@nofx/db/leases";
import { seedMember, seedRun, seedTenant } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine[Symbol.asyncDispose]());

const who = (handlers = ["shell@1"], version = "1.0.0") => ({
  host: "here",
  pid: 7,
  version,
  handlers,
  concurrency: 4,
  local: false,
});
const busy = { inFlight: 1, free: 3, claimed: 5, settled: 4, stopping: false };
const device = async (name: string) =>
  (await engine.owner.query("select * from worker_devices where name = $1", [name])).rows[0];
const eventsOf = async (tenantId: string) =>
  (
    await engine.owner.query(
      "select type from events where tenant_id = $1 and type like 'worker.%' order by xid, id",
      [tenantId],
    )
  ).rows.map((row) => row.type as string);
/** As if everything that is known of workers had happened that much earlier. */
const age = (seconds: number) =>
  engine.owner.query(
    `update worker_devices set started_at = started_at - make_interval(secs => $1),
       up_since = up_since - make_interval(secs => $1), seen_at = seen_at - make_interval(secs => $1)`,
    [seconds],
  );

test("a worker hears how many there are, and how many of them come before it", async () => {
  const place = async (name: string) => {
    const { workers, rank } = await workerBeat(engine.worker, name, busy);
    return [workers, rank];
  };
  expect(await workerHello(engine.worker, "w2", who())).toMatchObject({ workers: 1, rank: 0 });
  expect(await workerHello(engine.worker, "w1", who())).toMatchObject({ workers: 2, rank: 0 });
  expect(await place("w1")).toEqual([2, 0]);
  expect(await place("w2")).toEqual([2, 1]);
  await workerBye(engine.worker, "w1", 7);
  expect(await place("w2")).toEqual([1, 0]);
  await workerHello(engine.worker, "w1", who());
  await age(11);
  expect(await place("w2")).toEqual([1, 0]);
});

test("a worker is there from hello to bye, and the tenants that operate the plane hear of it", async () => {
  const operating = await seedTenant(engine.owner);
  const other = await seedTenant(engine.owner);
  await engine.owner.query("update tenants set operates_plane = true where id = $1", [
    operating.id,
  ]);
  expect(await workerBeat(engine.worker, "w1", busy)).toEqual({
    known: false,
    drain: false,
    workers: 1,
    rank: 0,
  });
  expect(await workerHello(engine.worker, "w1", who())).toMatchObject({ drain: false });
  expect(await workerBeat(engine.worker, "w1", busy)).toMatchObject({ known: true, drain: false });
  expect(await workerBeat(engine.worker, "w1", busy)).toMatchObject({ known: true, drain: false });
  const beats = await engine.owner.query("select in_flight, free from worker_heartbeats");
  expect(beats.rows).toEqual([{ in_flight: 1, free: 3 }]);

  await engine.owner.query("update worker_devices set drain_requested_at = clock_timestamp()");
  for (let beat = 0; beat < 2; beat++) {
    expect(await workerBeat(engine.worker, "w1", busy)).toMatchObject({ drain: true });
  }
  expect(await device("w1")).toMatchObject({ status: "draining" });
  // the drain is the name's: its next process finds it as people left it
  expect(await workerHello(engine.worker, "w1", who())).toMatchObject({ drain: true });
  await engine.owner.query("update worker_devices set drain_requested_at = null");
  expect(await workerBeat(engine.worker, "w1", busy)).toMatchObject({ drain: false });
  expect(await device("w1")).toMatchObject({ status: "active" });

  await workerBye(engine.worker, "w1", 8);
  expect(await device("w1")).toMatchObject({ status: "active" });
  await workerBye(engine.worker, "w1", 7);
  expect(await device("w1")).toMatchObject({ status: "stopped" });
  expect(await eventsOf(operating.id)).toEqual([
    "worker.started",
    "worker.draining",
    "worker.started",
    "worker.stopped",
  ]);
  expect(await eventsOf(other.id)).toEqual([]);
});

test("only what no worker has known for long enough is stranded, and not before somebody was there as long", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "known" },
    { name: "missing" },
    { name: "young" },
    { name: "after", needs: ["missing"] },
  ]);
  const set = (names: string[], change: string) =>
    engine.owner.query(`update steps set ${change} where run_id = $1 and name = any ($2)`, [
      run.id,
      names,
    ]);
  await set(["missing", "young"], "kind_version = 2");
  await set(["known", "missing"], "run_at = clock_timestamp() - interval '1 hour'");
  expect(await endStranded(engine.worker, 900, 10)).toBe(0);
  await workerHello(engine.worker, "old", who());
  await workerHello(engine.worker, "new", who(["shell@1", "shell@2"]));
  await age(600);
  await workerBeat(engine.worker, "old", busy);
  // the new one was heard of ten minutes ago; after twenty the old one has only just come back
  expect(await endStranded(engine.worker, 900, 10)).toBe(0);
  await age(600);
  await workerBeat(engine.worker, "old", busy);
  expect(await endStranded(engine.worker, 900, 10)).toBe(0);
  await engine.owner.query(
    "update worker_devices set up_since = clock_timestamp() - interval '16 minutes' where name = 'old'",
  );
  expect(await endStranded(engine.worker, 900, 10)).toBe(1);
  expect(await endStranded(engine.worker, 900, 10)).toBe(0);
  expect(await engine.step(run.steps["missing"]!)).toMatchObject({
    status: "failed",
    epoch: 0,
    error: { code: "unknown_handler", message: expect.stringContaining('"shell@2"') },
  });
  expect(await engine.step(run.steps["after"]!)).toMatchObject({ status: "cancelled" });
  for (const name of ["known", "young"]) {
    expect(await engine.step(run.steps[name]!)).toMatchObject({ status: "queued" });
  }
  const letters = await engine.owner.query("select step_id, stage, reason from dead_letters");
  expect(letters.rows).toEqual([
    { step_id: run.steps["missing"], stage: "claim", reason: "unknown_handler" },
  ]);
});

test("the numbers of the plane are those of its rows", async () => {
  const empty = await stats(engine.worker);
  expect(empty.queue).toContainEqual({ executor: "agent", depth: 0, oldest_seconds: 0 });
  expect(empty).toMatchObject({ in_flight: 0, dead_letters: [], workers: { active: 0 } });

  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "a", maxCrashes: 1, priority: 1 },
    { name: "b" },
    { name: "c", needs: ["b"] },
    { name: "asks", sensitive: true },
    { name: "by an agent", kind: "agent" },
  ]);
  await engine.owner.query(
    "update steps set run_at = clock_timestamp() - interval '40 s' where id = $1",
    [run.steps["b"]],
  );
  for (const name of ["w1", "w2", "w3"]) await workerHello(engine.worker, name, who());
  await age(20);
  await workerBeat(engine.worker, "w1", busy);
  await workerBeat(engine.worker, "w2", { ...busy, stopping: true });
  await engine.claim("w1", 1);
  const some = await stats(engine.worker);
  expect(some).toMatchObject({
    in_flight: 1,
    holds: { dependency: 1, approval: 1, paused: 0 },
    workers: { active: 1, draining: 1, silent: 1 },
  });
  const [agents, workers] = some.queue.toSorted((a, b) => a.executor.localeCompare(b.executor));
  expect([agents?.depth, workers?.depth]).toEqual([1, 1]);
  expect(workers?.oldest_seconds).toBeGreaterThanOrEqual(40);
  expect(some.seal.unsealed).toBeGreaterThan(0);

  await engine.lapse(run.steps["a"]!);
  expect(await reclaim(engine.worker, 10)).toBe(1);
  expect((await stats(engine.worker)).dead_letters).toEqual([
    { stage: "execute", reason: "poison_crash", count: 1 },
  ]);
});

test("the version of the code is kept with the attempt, and is in the dead letter", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a", maxFailures: 1 }]);
  const request = { settlements: [], renewals: [], leaseMs: 30_000, worker: "w", version: "3.2.1" };
  const answer = await exchange(engine.worker, { ...request, handlers: ["shell@1"], want: 1 });
  expect(answer.claimed).toMatchObject([{ kind: "shell", kind_version: 1 }]);
  const error = { code: "timeout", message: "slow" };
  const claim = { stepId: run.steps["a"]!, epoch: 1 };
  const failure = { ...claim, outcome: "failed" as const, error, retryMs: 1 };
  await exchange(engine.worker, { ...request, handlers: [], want: 0, settlements: [failure] });
  const kept = await engine.owner.query(
    "select a.worker_version as a, d.worker_version as d from attempts a join dead_letters d using (step_id)",
  );
  expect(kept.rows).toEqual([{ a: "3.2.1", d: "3.2.1" }]);
});

test("jobs and job_events show the steps under their other name, each tenant its own", async () => {
  const [mine, foreign] = [await seedTenant(engine.owner), await seedTenant(engine.owner)];
  const userId = await seedMember(engine.owner, mine.id, "viewer");
  const run = await seedRun(engine.owner, mine.id, [{ name: "a" }]);
  await seedRun(engine.owner, foreign.id, [{ name: "b" }]);
  const claimed = await engine.claim();
  await engine.settle(claimed.map((step) => done(step, { n: 1 })));
  const client = await engine.owner.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('request.jwt.claims', $1, true)", [
      JSON.stringify({ sub: userId }),
    ]);
    await client.query("set local role authenticated");
    const jobs = await client.query("select id, name, type, status, result from jobs");
    expect(jobs.rows).toEqual([
      { id: run.steps["a"], name: "a", type: "shell", status: "succeeded", result: { n: 1 } },
    ]);
    const events = await client.query("select distinct job_id, type from job_events order by type");
    expect(events.rows).toEqual([
      { job_id: run.steps["a"], type: "steps.claimed" },
      { job_id: run.steps["a"], type: "steps.settled" },
    ]);
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("what is old is cleared away", async () => {
  await workerHello(engine.worker, "gone", who());
  await workerHello(engine.worker, "here", who());
  for (const name of ["gone", "here"]) await workerBeat(engine.worker, name, busy);
  await engine.owner.query("update worker_heartbeats set at = at - interval '25 hours'");
  await engine.owner.query(
    "update worker_devices set seen_at = seen_at - interval '8 days' where name = 'gone'",
  );
  expect(await pruneWorkers(engine.worker, 10)).toBe(1);
  expect(await device("gone")).toBeUndefined();
  expect(await device("here")).toBeDefined();
});
