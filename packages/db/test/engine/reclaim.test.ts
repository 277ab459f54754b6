import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpoint, claimForAgent, disown, overdue, reclaim } from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant } from "@nofx/db/testing";
import { agentOf, done, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

test("a lapsed step is queued again and its crash counted; the third is poison", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a" }, { name: "b", needs: ["a"] }]);
  const id = run.steps["a"]!;
  for (let crash = 1; crash <= 3; crash++) {
    const [step] = await engine.claim();
    expect(step).toMatchObject({ id, epoch: crash, crashes: crash - 1 });
    expect(await reclaim(engine.worker, 10)).toBe(0);
    await engine.lapse(id);
    expect(await reclaim(engine.worker, 10)).toBe(1);
  }
  expect(await engine.step(id)).toMatchObject({
    status: "failed",
    crashes: 3,
    failures: 0,
    error: { code: "poison_crash" },
  });
  expect(await engine.step(run.steps["b"]!)).toMatchObject({ status: "cancelled" });
  const { rows } = await engine.owner.query("select outcome from attempts where step_id = $1", [
    id,
  ]);
  expect(rows.map((row) => row.outcome)).toEqual(["lost", "lost", "lost"]);
});

test("five sweepers at once reclaim each step once and leave a re-taken one alone", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(
    engine.owner,
    tenant.id,
    Array.from({ length: 40 }, (_, i) => ({ name: `s${i}` })),
  );
  const first = await engine.claim("w1");
  for (const step of first) await engine.lapse(step.id);
  const swept = await Promise.all(Array.from({ length: 5 }, () => reclaim(engine.worker, 100)));
  expect(swept.reduce((sum, n) => sum + n, 0)).toBe(40);
  const second = await engine.claim("w2");
  expect(second).toHaveLength(40);
  expect(await reclaim(engine.worker, 100)).toBe(0);
  await engine.settle(
    second.map((step) => done(step)),
    "w2",
  );
  const { rows } = await engine.owner.query(
    "select crashes, status, count(*)::integer as n from steps where run_id = $1 group by 1, 2",
    [run.id],
  );
  expect(rows).toEqual([{ crashes: 1, status: "succeeded", n: 40 }]);
});

test("an agent that holds a step for longer than its own time is found, whatever its heartbeats say", async () => {
  const tenant = await seedTenant(engine.owner);
  const work = { capabilities: ["test.work"] };
  const agent = await seedAgent(engine.owner, tenant.id, work);
  const draft = (name: string, timeoutSeconds: number) => ({
    name,
    kind: "agent" as const,
    arguments: { capability: "test.work", timeoutSeconds },
  });
  const run = await seedRun(engine.owner, tenant.id, [draft("late", 60), draft("fine", 3_600)]);
  await engine.asAgent(agent, (db) =>
    claimForAgent(db, agentOf(agent), { ...work, limit: 2, leaseMs: LEASE_MS }),
  );
  expect(await overdue(engine.worker, 10)).toEqual([]);
  await engine.owner.query(
    "update attempts set claimed_at = claimed_at - interval '61 seconds' where run_id = $1",
    [run.id],
  );
  expect(await overdue(engine.worker, 10)).toEqual([
    {
      step_id: run.steps["late"],
      epoch: 1,
      owner: agent.id,
      seconds: 60,
      failures: 0,
      max_failures: 3,
      crashes: 0,
      max_crashes: 3,
    },
  ]);
});

test("who stores something is running, without a heartbeat", async () => {
  const tenant = await seedTenant(engine.owner);
  await seedRun(engine.owner, tenant.id, [{ name: "a" }]);
  const step = (await engine.claim()).find((claimed) => claimed.tenant_id === tenant.id)!;
  const claim = { stepId: step.id, epoch: step.epoch, tenantId: null };
  for (const name of ["x", "y"]) await checkpoint(engine.worker, claim, name, 1);
  expect(await engine.step(step.id)).toMatchObject({ status: "running" });
  const { rows } = await engine.owner.query(
    "select count(*)::int as n from events where run_id = $1 and type = 'steps.started'",
    [step.run_id],
  );
  expect(rows).toEqual([{ n: 1 }]);
  await engine.settle([done(step)]);
});

test("what a worker does not know it holds is given back, the rest is left alone", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "known" }, { name: "unknown" }]);
  const claimed = await engine.claim("w-deaf");
  const known = claimed.find((step) => step.id === run.steps["known"])!;
  await seedRun(engine.owner, tenant.id, [{ name: "of another" }]);
  const [other] = await engine.claim("w-other");
  expect(await disown(engine.worker, "w-deaf", [{ stepId: known.id, epoch: known.epoch }])).toBe(1);
  expect(await engine.step(run.steps["unknown"]!)).toMatchObject({ status: "queued", crashes: 0 });
  expect(await engine.step(known.id)).toMatchObject({ status: "assigned" });
  expect(await engine.step(other!.id)).toMatchObject({
    status: "assigned",
    lease_owner: "w-other",
  });
  expect(await disown(engine.worker, "w-deaf", [{ stepId: known.id, epoch: known.epoch }])).toBe(0);
});
