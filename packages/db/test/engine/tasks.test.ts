import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchange } from "@nofx/db/leases";
import { seedTenant } from "@nofx/db/testing";
import { done, failed, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function runOf(stepId: string): Promise<Record<string, unknown>> {
  const { rows } = await engine.owner.query(
    `select r.status, r.started_at = s.claimed_at as from_claim, r.started_at = s.started_at as from_step
     from runs r join steps s on s.run_id = r.id where s.id = $1`,
    [stepId],
  );
  return rows[0];
}

test("a task's run begins with its first heartbeat or its end, whichever comes first", async () => {
  const tenant = await seedTenant(engine.owner);
  const task = { kind: "shell", executor: "worker", title: "t", arguments: {}, token: "t" };
  await engine.worker.executeQuery(
    CompiledQuery.raw("select engine.enqueue($1, $2, 'system', 'test', $1)", [
      tenant.id,
      JSON.stringify([task, task, task]),
    ]),
  );
  const [long, quick, bad] = await engine.claim();
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
