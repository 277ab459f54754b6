import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createDatabase } from "@nofx/db/client";
import { exchange, type ClaimedStepRow, type Settlement } from "@nofx/db/leases";
import { seedRun, seedTenant, until } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { done, failed, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

/** A transaction that stays open until it is told to commit. */
async function open(db: Kysely<DB>) {
  const tx = await db.startTransaction().execute();
  onTestFinished(async () => {
    if (!tx.isCommitted) await tx.rollback().execute();
  });
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
  const base = { worker: "w1", version: null, handlers: [], want: 0, leaseMs: LEASE_MS };
  return {
    tx,
    pid: rows[0]!.pid,
    renew: ({ id: stepId, epoch }: ClaimedStepRow) =>
      exchange(tx, { ...base, settlements: [], renewals: [{ stepId, epoch }] }),
    settle: (...settlements: Settlement[]) => exchange(tx, { ...base, settlements, renewals: [] }),
    commit: () => tx.commit().execute(),
  };
}

const waits = (waiter: { pid: number }, holder: { pid: number }) =>
  until("one waits for the other", async () => {
    const { rows } = await engine.owner.query("select $2 = any (pg_blocking_pids($1)) as waits", [
      waiter.pid,
      holder.pid,
    ]);
    return rows[0].waits as boolean;
  });

test("all that is open of a run is locked, also what came while the lock was waited for", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "x", undo: { kind: "shell", with: { command: ["undo"] } } },
    { name: "v" },
    { name: "y", needs: ["v"] },
  ]);
  const claim = async () => (await engine.claim()).filter((step) => step.run_id === run.id);
  const [x, v] = await claim();
  const locker = await open(createDatabase<DB>(engine.owner));
  const first = await open(engine.worker);
  const second = await open(engine.worker);

  await first.renew(x!);
  const locking = sql`select engine.lock_open_steps(${run.id}::uuid)`.execute(locker.tx);
  await waits(locker, first);
  // meanwhile v ends, and y, which needed it, is taken up
  await engine.settle([done(v!)]);
  const [y] = await claim();
  await second.renew(y!);
  await first.settle(done(x!));
  await first.commit();
  await waits(locker, second);
  // y fails, and the run begins to be undone
  await second.settle(failed(y!));
  await second.commit();
  await locking;

  const names = async (lock: string) => {
    const { rows } = await engine.owner.query(
      `select name from steps where run_id = $1 and finalised_at is null ${lock}`,
      [run.id],
    );
    return rows.map((row) => row.name as string);
  };
  expect(await names("")).toEqual(["undo.1.x"]);
  expect(await names("for update skip locked")).toEqual([]);
});
