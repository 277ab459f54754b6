import { seal } from "@nofx/db/leases";
import { checkInvariants, INVARIANTS, seedRun, seedTenant, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { done, startEngine, type Engine } from "./harness.ts";

// The queries that chaos and other tests end with: each is silent where all is well and finds what it is there to find.

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  const { id } = await seedTenant(engine.owner);
  await seedTenant(engine.owner);
  await seedRun(engine.owner, id, [
    { name: "a" },
    { name: "b", needs: ["a"] },
    { name: "c", needs: ["b"] },
  ]);
  const [a] = await engine.claim("w1");
  if (a === undefined) throw new Error("nothing was claimed");
  await engine.settle([done(a)], "w1");
  await engine.claim("w1");
  // other databases of the server share its transaction ids, so a horizon may lie behind them for a moment
  await until("every event has its number", async () => {
    await seal(engine.worker, 1_000);
    const { rowCount } = await engine.owner.query("select from events where seq is null");
    return rowCount === 0;
  });
});
afterAll(() => engine[Symbol.asyncDispose]());

/** What the database itself forbids can only be planted where it does not look. */
const BLIND = `do $$ declare c record; begin
  for c in select conname, conrelid::regclass as owner from pg_constraint
    where contype = 'c' and conrelid in ('steps'::regclass, 'runs'::regclass, 'attempts'::regclass)
  loop execute format('alter table %s drop constraint %I', c.owner, c.conname); end loop; end $$`;

const ATTEMPT = `insert into attempts (step_id, epoch, tenant_id, run_id, executor) select id, epoch + 1, tenant_id, run_id, 'w1' from steps`;
const KEY = `insert into idempotency_keys (tenant_id, route, key, fingerprint, response) select id, 'plans.execute'`;

const PLANTED: Record<string, string> = {
  I1: "update steps set finalised_at = clock_timestamp() where name = 'b'",
  I2: `${ATTEMPT} where name = 'a'`,
  I3: "update steps set epoch = epoch + 1 where name = 'b'",
  I4: "update events set actor_id = 'w2' where type = 'steps.settled'",
  I5: "insert into checkpoints (step_id, name, tenant_id, value, epoch) select id, 'x', tenant_id, '1', 9 from steps where name = 'b'",
  I6: `${ATTEMPT} where name = 'c'`,
  I7: `${KEY}, n::text, '', '{"value": {"runId": "run_1"}}' from tenants, generate_series(1, 2) n`,
  I8: "update runs set cancel_requested_at = '2000-01-01'",
  I9: "update steps set sensitive = true where name = 'b'",
  I10: "update steps set tenant_id = (select id from tenants where id <> steps.tenant_id limit 1) where name = 'b'",
  I11: "update runs set steps_left = 3",
  I12: "delete from events where type = 'steps.settled'",
  I13: "update steps set lease_until = '2000-01-01' where name = 'b'",
  I14: `insert into agent_sessions (tenant_id, run_id, step_id, depth, asked, strategy, capability, state, quotas, deadline_at)
    select tenant_id, run_id, id, 0, 'solo', 'solo', 'x', '{}', '{}', clock_timestamp() from steps where name = 'a'`,
  I15: `insert into budget_reservations (id, tenant_id, request_key, amounts, holds, expires_at)
    select id, tenant_id, 'child:' || id, '{}', '{}', clock_timestamp() from steps where name = 'a'`,
};

async function broken(plant?: string): Promise<string[]> {
  const client = await engine.owner.connect();
  try {
    await client.query("begin");
    if (plant !== undefined) {
      await client.query(BLIND);
      await client.query(plant);
    }
    const ask = async (sql: string) => (await client.query(sql)).rows;
    const checked = await checkInvariants(ask, { sealed: true });
    return checked.filter(({ broken }) => broken.length > 0).map(({ id }) => id);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("all of them hold while a run is under way", async () => {
  expect(await broken()).toEqual([]);
});

test.each(INVARIANTS.map(({ id, says }) => ({ id, says })))(
  "$id finds what breaks it: $says",
  async ({ id }) => {
    expect(await broken(PLANTED[id] ?? "")).toContain(id);
  },
);
