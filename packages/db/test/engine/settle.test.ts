import { afterAll, beforeAll, expect, test } from "vitest";
import { exchange } from "@nofx/db/leases";
import { seedRun, seedTenant, type StepDraft } from "@nofx/db/testing";
import { done, failed, LEASE_MS, released, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function start(steps: StepDraft[]) {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, steps);
  const claim = async () => (await engine.claim("w1")).filter((step) => step.run_id === run.id);
  const statuses = async () => {
    const { rows } = await engine.owner.query("select name, status from steps where run_id = $1", [
      run.id,
    ]);
    return Object.fromEntries(rows.map((row) => [row.name, row.status]));
  };
  const runRow = async () =>
    (await engine.owner.query("select * from runs where id = $1", [run.id])).rows[0];
  return { run, claim, statuses, runRow };
}

test("a dependant that a settlement unlocks comes back in the same call", async () => {
  const { claim, runRow } = await start([{ name: "a" }, { name: "b", needs: ["a"] }]);
  const [a] = await claim();
  const answer = await exchange(engine.worker, {
    worker: "w1",
    version: null,
    handlers: ["shell@1"],
    settlements: [done(a!, { n: 1 })],
    renewals: [],
    want: 5,
    leaseMs: LEASE_MS,
  });
  expect(answer.settled).toMatchObject({ results: [{ result: "settled" }], for_workers: 1 });
  expect(answer.claimed).toMatchObject([
    { name: "b", needs: [{ name: "a", status: "succeeded", output: { n: 1 } }] },
  ]);
  await engine.settle([done(answer.claimed[0]!)]);
  expect(await runRow()).toMatchObject({ status: "succeeded", steps_left: 0 });
});

test("a dependant of two waits for both, however they settle", async () => {
  const { claim } = await start([{ name: "a" }, { name: "b" }, { name: "c", needs: ["a", "b"] }]);
  const [a, b] = await claim();
  await Promise.all([engine.settle([done(a!)]), engine.settle([done(b!)])]);
  expect((await claim()).map((step) => step.name)).toEqual(["c"]);
});

test("a failure for good cancels what needs it, all the way down, and fails the run", async () => {
  const { claim, statuses, runRow } = await start([
    { name: "a" },
    { name: "beside" },
    { name: "b", needs: ["a"] },
    { name: "c", needs: ["b", "beside"] },
  ]);
  const claimed = await claim();
  const byName = (name: string) => claimed.find((step) => step.name === name)!;
  await engine.settle([failed(byName("a"))]);
  expect(await statuses()).toEqual({
    a: "failed",
    b: "cancelled",
    c: "cancelled",
    beside: "assigned",
  });
  expect(await runRow()).toMatchObject({ status: "running", steps_left: 1 });
  await engine.settle([done(byName("beside"))]);
  expect(await runRow()).toMatchObject({ status: "failed", steps_left: 0, steps_failed: 1 });
});

test("a retry waits its time, and the last failure allowed is for good", async () => {
  const { claim, run } = await start([{ name: "a", maxFailures: 2 }]);
  const [first] = await claim();
  await engine.settle([failed(first!, 60_000)]);
  expect(await claim()).toEqual([]);
  const waiting = await engine.step(run.steps["a"]!);
  expect(waiting).toMatchObject({ status: "queued", failures: 1, error: { code: "exit_nonzero" } });
  const { rows } = await engine.owner.query(
    "update steps set run_at = clock_timestamp() where id = $1 returning (select s.run_at > clock_timestamp() + interval '55 s' from steps s where s.id = $1) as waited",
    [run.steps["a"]],
  );
  expect(rows).toEqual([{ waited: true }]);
  const [second] = await claim();
  expect(second).toMatchObject({ epoch: 2, failures: 1 });
  await engine.settle([failed(second!, 1)]);
  expect(await engine.step(run.steps["a"]!)).toMatchObject({ status: "failed", failures: 2 });
});

test("what is given back counts as nothing", async () => {
  const { claim, run } = await start([{ name: "a" }]);
  for (let i = 1; i <= 5; i++) {
    const [step] = await claim();
    expect(step).toMatchObject({ epoch: i });
    await engine.settle([released(step!)]);
  }
  expect(await engine.step(run.steps["a"]!)).toMatchObject({
    failures: 0,
    crashes: 0,
    status: "queued",
  });
});

test("a step whose cancel was asked for ends as cancelled, with what needs it", async () => {
  const { claim, statuses, run, runRow } = await start([
    { name: "a" },
    { name: "b", needs: ["a"] },
  ]);
  const [a] = await claim();
  await engine.owner.query(
    "update steps set cancel_requested_at = clock_timestamp() where id = $1",
    [run.steps["a"]],
  );
  const { renewed } = await exchange(engine.worker, {
    worker: "w1",
    version: null,
    handlers: [],
    settlements: [],
    renewals: [{ stepId: a!.id, epoch: a!.epoch }],
    want: 0,
    leaseMs: LEASE_MS,
  });
  expect(renewed).toMatchObject([{ held: true, cancel_requested: true }]);
  await engine.settle([released(a!)]);
  expect(await statuses()).toEqual({ a: "cancelled", b: "cancelled" });
  expect(await runRow()).toMatchObject({ status: "cancelled" });
});

test("twenty workers settle a wide graph at once: nothing is lost or counted twice", async () => {
  const width = 40;
  const names = Array.from({ length: width }, (_, i) => `a${i}`);
  const { runRow, statuses, run } = await start([
    ...names.map((name) => ({ name })),
    ...names.map((name, i) => ({ name: `b${i}`, needs: [name, names[(i + 1) % width]!] })),
    { name: "end", needs: names.map((_, i) => `b${i}`) },
  ]);
  await Promise.all(
    Array.from({ length: 20 }, async (_, w) => {
      for (let idle = 0; idle < 200;) {
        const got = await engine.claim(`w${w}`, 3);
        if (got.length === 0) {
          idle += 1;
          if ((await runRow()).steps_left === 0) return;
          continue;
        }
        await engine.settle(
          got.map((step) => done(step)),
          `w${w}`,
        );
      }
    }),
  );
  expect(new Set(Object.values(await statuses()))).toEqual(new Set(["succeeded"]));
  expect(await runRow()).toMatchObject({ status: "succeeded", steps_left: 0 });
  const { rows } = await engine.owner.query(
    "select count(*)::integer as n, max(epoch)::integer as epoch from attempts where run_id = $1",
    [run.id],
  );
  expect(rows).toEqual([{ n: 2 * width + 1, epoch: 1 }]);
});
