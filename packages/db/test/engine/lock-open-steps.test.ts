import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { seedRun, seedTenant, until } from "@nofx/db/testing";
import { done, failed, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

/** A connection of its own, past row level security. */
async function connect() {
  const client = await engine.owner.connect();
  await client.query("begin");
  const { rows } = await client.query("select pg_backend_pid() as pid");
  return { client, pid: rows[0].pid as number };
}

const blockedBy = (waiter: number, holder: number) =>
  until(`${waiter} waits for ${holder}`, async () => {
    const { rows } = await engine.owner.query("select $2 = any (pg_blocking_pids($1)) as waits", [
      waiter,
      holder,
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
  const settle = (item: ReturnType<typeof done>) => [
    "select engine.settle('w1', 'worker', null, $1)",
    [
      JSON.stringify([
        { ...item, step_id: item.stepId, output: null, error: { code: "exit_nonzero" } },
      ]),
    ],
  ];
  const held = Object.fromEntries((await claim()).map((step) => [step.name, step]));
  const [locker, first, second] = [await connect(), await connect(), await connect()];
  onTestFinished(() => {
    for (const { client } of [locker, first, second]) client.release(true);
  });

  await first.client.query("select from steps where id = $1 for update", [run.steps["x"]]);
  const locking = locker.client.query("select engine.lock_open_steps($1)", [run.id]);
  await blockedBy(locker.pid, first.pid);
  // meanwhile v ends, and y, which needed it, is taken up
  await engine.settle([done(held["v"]!)]);
  const [y] = await claim();
  await second.client.query("select from steps where id = $1 for update", [run.steps["y"]]);
  await first.client.query("set session authorization nofx_worker");
  await first.client.query(...(settle(done(held["x"]!)) as [string, unknown[]]));
  await first.client.query("commit");
  await blockedBy(locker.pid, second.pid);
  // y fails, and the run begins to be undone
  await second.client.query("set session authorization nofx_worker");
  await second.client.query(...(settle(failed(y!)) as [string, unknown[]]));
  await second.client.query("commit");
  await locking;

  const { rows: open } = await engine.owner.query(
    "select name from steps where run_id = $1 and finalised_at is null",
    [run.id],
  );
  expect(open).toEqual([{ name: "undo.1.x" }]);
  const { rows: free } = await engine.owner.query(
    "select name from steps where run_id = $1 and finalised_at is null for update skip locked",
    [run.id],
  );
  expect(free).toEqual([]);
});
