import { system } from "@nofx/control/seams";
import { createWorkerEngine } from "@nofx/control/steps";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedTenant, until, type TestDatabase } from "@nofx/db/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { schedulerLoop } from "../src/scheduler/scheduler-loop.ts";

let database: TestDatabase;
let owner: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url("postgres"), applicationName: "owner" });
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

/** One worker's scheduler, as `main.ts` starts it. */
function scheduler(worker: string) {
  const connectionString = database.url("nofx_worker");
  const engine = createWorkerEngine({ connectionString, worker, max: 2 });
  const metrics = createMetrics();
  const ending = new AbortController();
  const errors: unknown[] = [];
  const ended = schedulerLoop(
    { connectionString, engine, seams: system, metrics },
    ending.signal,
    (error) => errors.push(error),
  );
  return {
    errors,
    fired: () => metrics.total("nofx_schedule_firings_total"),
    async stop() {
      ending.abort();
      await ended;
      await engine.close();
    },
  };
}

test("each second begins its task once, also where the worker that leads goes", async () => {
  const tenant = await seedTenant(owner);
  await owner.query(
    `insert into schedules (tenant_id, name, every_seconds, asked, task, next_at, created_by)
     values ($1, 'tick', 1, '{}', $2, date_trunc('second', clock_timestamp()), $1)`,
    [tenant.id, { kind: "wait", executor: "worker", arguments: { seconds: 1 }, title: "tick" }],
  );
  const instants = async () =>
    (
      await owner.query<{ at: number; run: string | null }>(
        `select extract(epoch from f.occurrence)::integer as at, r.id as run
         from schedule_firings f left join runs r on r.id = f.run_id and r.schedule_id = f.schedule_id
         where f.tenant_id = $1 order by 1`,
        [tenant.id],
      )
    ).rows;
  const [a, b] = [scheduler("a"), scheduler("b")];
  await until("the first instants have fired", async () => (await instants()).length >= 2);
  const leads = a.fired() > 0 ? a : b;
  const other = leads === a ? b : a;
  expect(other.fired()).toBe(0);
  await leads.stop();
  await until("the other goes on", () => other.fired() >= 2);
  await other.stop();

  const fired = await instants();
  expect(fired.map(({ at }) => at)).toEqual(fired.map((_, i) => fired[0]!.at + i));
  expect(new Set(fired.map(({ run }) => run)).size).toBe(fired.length);
  expect(fired.every(({ run }) => run !== null)).toBe(true);
  expect([...a.errors, ...b.errors]).toEqual([]);
  const { rows } = await owner.query("select term::integer from engine.leaders");
  expect(rows).toEqual([{ term: 2 }]);
});
