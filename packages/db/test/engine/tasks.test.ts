import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchange, reclaim, type ClaimedStepRow } from "@nofx/db/leases";
import { seedTenant } from "@nofx/db/testing";
import { done, failed, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function claimThree(): Promise<ClaimedStepRow[]> {
  const tenant = await seedTenant(engine.owner);
  const task = { kind: "shell", executor: "worker", title: "t", arguments: {}, token: "t" };
  await engine.worker.executeQuery(
    CompiledQuery.raw("select engine.enqueue($1, $2, 'system', 'test', $1)", [
      tenant.id,
      JSON.stringify([task, task, task]),
    ]),
  );
  return engine.claim();
}

async function runOf(stepId: string): Promise<Record<string, unknown>> {
  const { rows } = await engine.owner.query(
    `select r.status, r.started_at = s.claimed_at as from_claim, r.started_at = s.started_at as from_step
     from runs r join steps s on s.run_id = r.id where s.id = $1`,
    [stepId],
  );
  return rows[0];
}

test("a task's run begins with its first heartbeat or its end, whichever comes first", async () => {
  const [long, quick, bad] = await claimThree();
  expect(await runOf(long!.id)).toMatchObject({ status: "queued" });

  await exchange(engine.worker, {
    worker: "w1",
    version: null,
    handlers: [],
    settlements: [],
    renewals: [{ stepId: long!.id, epoch: long!.epoch }],
    want: 0,
    leaseMs: LEASE_MS,
  });
  expect(await runOf(long!.id)).toMatchObject({ status: "running" });
  expect(await runOf(quick!.id)).toMatchObject({ status: "queued" });

  await engine.settle([done(quick!)]);
  expect(await runOf(quick!.id)).toEqual({
    status: "succeeded",
    from_claim: true,
    from_step: true,
  });
  await engine.settle([failed(bad!, 60_000)]);
  expect(await runOf(bad!.id)).toMatchObject({ status: "running" });
});

test("of many that are settled at once, an older epoch and a lapsed lease are left as they are", async () => {
  const [mine, stale, lapsed] = await claimThree();
  await engine.lapse(stale!.id);
  await reclaim(engine.worker, 100);
  expect(await engine.claim()).toMatchObject([{ id: stale!.id, epoch: 2 }]);
  const settlements = [mine!, stale!, lapsed!].map((step) => done(step));
  const left = await engine.worker.transaction().execute(async (tx) => {
    await tx.executeQuery(CompiledQuery.raw("select 1"));
    await engine.lapse(lapsed!.id);
    return exchange(tx, {
      worker: "w1",
      version: null,
      handlers: [],
      settlements,
      renewals: [],
      want: 0,
      leaseMs: LEASE_MS,
    });
  });
  expect(left.settled.results.map(({ step_id, result }) => [step_id, result])).toEqual([
    [mine!.id, "settled"],
    [stale!.id, "stale"],
    [lapsed!.id, "stale"],
  ]);
  const statuses = await Promise.all(
    settlements.map(async ({ stepId }) => (await engine.step(stepId)).status),
  );
  expect(statuses).toEqual(["succeeded", "assigned", "assigned"]);
});

test("claims of many at once raise the epoch of each", async () => {
  const first = await claimThree();
  expect(first.map(({ epoch }) => epoch)).toEqual([1, 1, 1]);
  for (const { id } of first) await engine.lapse(id);
  await reclaim(engine.worker, 100);
  const again = (await engine.claim()).filter(({ id }) => first.some((step) => step.id === id));
  expect(again.map(({ epoch }) => epoch)).toEqual([2, 2, 2]);
});
