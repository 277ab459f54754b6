import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "kysely";
import { archive, type EngineDb } from "@nofx/db/leases";
import { seedRun, until } from "@nofx/db/testing";
import { startHistory, type History } from "./harness.ts";

let history: History;
beforeAll(async () => {
  history = await startHistory();
});
afterAll(() => history[Symbol.asyncDispose]());

const PROVE = process.env["PROVE"] === "1";

async function finished(tenant: string, count: number): Promise<string[]> {
  const { rows } = await history.owner.query<{ id: string }>(
    `with made as (
       insert into runs (tenant_id, title, status, step_count, steps_left, correlation_id, created_by_type, created_by, finished_at)
       select $1, 'task', 'succeeded', 1, 0, gen_random_uuid(), 'system', 't', clock_timestamp() from generate_series(1, $2::integer)
       returning id, tenant_id
     ),
     stepped as (
       insert into steps (tenant_id, run_id, name, title, kind, executor, priority, position, arguments, token, status, correlation_id, finalised_at)
       select tenant_id, id, 'task', 'task', 'shell', 'worker', 3, 0, '{}', 't', 'succeeded', gen_random_uuid(), clock_timestamp() from made
     )
     select id from made`,
    [tenant, count],
  );
  return rows.map((row) => row.id);
}

test("readers see each run and each step exactly once, while several archive and others bring back", async () => {
  const tenant = await history.tenant();
  const count = PROVE ? 1_500 : 300;
  const ids = await finished(tenant, count);
  const looks: unknown[] = [];
  let moving = true;
  const look = async () => {
    while (moving) {
      const { rows } = await history.owner.query(
        `select (select count(*)::integer from runs_all where tenant_id = $1) as runs,
           (select count(distinct id)::integer from runs_all where tenant_id = $1) as once,
           (select count(*)::integer from runs_all r join steps_all s on s.run_id = r.id and s.archived = r.archived where r.tenant_id = $1) as steps`,
        [tenant],
      );
      looks.push(rows[0]);
    }
  };
  const move = async () => {
    while ((await archive(history.worker, 7)).runs > 0);
  };
  const back = async () => {
    for (const id of ids.slice(0, 20)) {
      await sql`select engine.restore(${tenant}::uuid, ${id}::uuid)`.execute(history.worker);
    }
  };
  const readers = [look(), look()];
  await Promise.all([move(), move(), move(), back()]);
  await move();
  moving = false;
  await Promise.all(readers);
  expect(looks.length).toBeGreaterThan(3);
  for (const seen of looks) expect(seen).toEqual({ runs: count, once: count, steps: count });
  const { rows } = await history.owner.query("select from runs where tenant_id = $1", [tenant]);
  expect(rows).toEqual([]);
});

test("a run that somebody is about to go on from is left; one that is being archived is waited for", async () => {
  const tenant = await history.tenant();
  const [first] = await finished(tenant, 1);
  const restore = (db: EngineDb) =>
    sql<{ back: boolean }>`select engine.restore(${tenant}::uuid, ${first}::uuid) as back`.execute(
      db,
    );

  // who goes on from it holds it
  const fork = await history.worker.transaction().execute(async (tx) => {
    expect((await restore(tx)).rows).toEqual([{ back: false }]);
    expect(await archive(history.worker, 100)).toMatchObject({ runs: 0 });
    const { id } = await seedRun(history.owner, tenant, [{ name: "a" }]);
    await history.owner.query("update runs set forked_from = $1 where id = $2", [first, id]);
    return id;
  });
  expect(await archive(history.worker, 100)).toMatchObject({ runs: 0 });
  await history.owner.query("update runs set forked_from = null where id = $1", [fork]);

  // the archive holds it
  const restored = await history.worker.transaction().execute(async (tx) => {
    expect(await archive(tx, 100)).toMatchObject({ runs: 1 });
    const waiting = restore(history.worker);
    await until("it waits", async () => {
      const { rows } = await history.owner.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%engine.restore%' and datname = current_database()",
      );
      return rows.length > 0;
    });
    return { waiting };
  });
  expect((await restored.waiting).rows).toEqual([{ back: true }]);
  const { rows } = await history.owner.query("select archived from runs_all where id = $1", [
    first,
  ]);
  expect(rows).toEqual([{ archived: false }]);
});
