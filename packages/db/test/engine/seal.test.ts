import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditSealed, seal } from "@nofx/db/leases";
import { seedRun, seedTenant, until } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const EVENT = `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
  values ($1, $2, gen_random_uuid(), 'system', 'test', '{}') returning id`;

const numbered = async (tenantId: string) =>
  (
    await engine.owner.query("select seq, type from events where tenant_id = $1 order by seq", [
      tenantId,
    ])
  ).rows as {
    seq: number | null;
    type: string;
  }[];

/** Other databases of the server share its transaction ids, so a horizon may lie behind them for a moment. */
const sealAll = (tenantId: string) =>
  until("every event has its number", async () => {
    await seal(engine.worker, 1_000);
    return (await numbered(tenantId)).every((row) => row.seq !== null);
  });

test("numbers are gapless per tenant, in batches of any size", async () => {
  const tenants = [await seedTenant(engine.owner), await seedTenant(engine.owner)];
  for (let i = 0; i < 25; i++) {
    for (const tenant of tenants) await engine.owner.query(EVENT, [tenant.id, "message.sent"]);
  }
  await until("sealed in sevens", async () => {
    await seal(engine.worker, 7);
    return (await numbered(tenants[1]!.id)).every((row) => row.seq !== null);
  });
  await sealAll(tenants[0]!.id);
  for (const tenant of tenants) {
    expect((await numbered(tenant.id)).map((row) => row.seq)).toEqual(
      Array.from({ length: 25 }, (_, i) => i + 1),
    );
  }
});

test("a transaction that commits late is waited for, never skipped", async () => {
  const tenant = await seedTenant(engine.owner);
  const slow = await engine.owner.connect();
  try {
    await slow.query("begin");
    await slow.query(EVENT, [tenant.id, "plan.created"]);
    await engine.owner.query(EVENT, [tenant.id, "plan.ready"]);
    await seal(engine.worker, 1_000);
    expect(await numbered(tenant.id)).toEqual([{ seq: null, type: "plan.ready" }]);
    await slow.query("commit");
  } finally {
    slow.release();
  }
  await sealAll(tenant.id);
  expect(await numbered(tenant.id)).toEqual([
    { seq: 1, type: "plan.created" },
    { seq: 2, type: "plan.ready" },
  ]);
});

test("four sealers at once give each event one number", async () => {
  const tenant = await seedTenant(engine.owner);
  await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      for (let i = 0; i < 30; i++) {
        await engine.owner.query(EVENT, [tenant.id, "message.sent"]);
        await seal(engine.worker, 5 + n);
      }
    }),
  );
  await sealAll(tenant.id);
  expect((await numbered(tenant.id)).map((row) => row.seq)).toEqual(
    Array.from({ length: 120 }, (_, i) => i + 1),
  );
});

test("what is sealed is told by tenant, run and approvals", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a" }]);
  await engine.claim();
  await engine.owner.query(EVENT, [tenant.id, "approval.requested"]);
  // one call seals what is behind every transaction of the server, of other tests too: it may take several
  const told: { run_ids: string[]; approvals: boolean; lag_ms: number }[] = [];
  await until("the run and the approval are told", async () => {
    told.push(...(await seal(engine.worker, 1_000)).filter((row) => row.tenant_id === tenant.id));
    return (
      told.some(({ run_ids }) => run_ids.length > 0) && told.some(({ approvals }) => approvals)
    );
  });
  expect([...new Set(told.flatMap(({ run_ids }) => run_ids))]).toEqual([run.id]);
  for (const { lag_ms } of told) expect(lag_ms).toBeGreaterThanOrEqual(0);
});

test("the audit chain verifies: run ends, and a digest of all that was sealed", async () => {
  const tenant = await seedTenant(engine.owner);
  await seedRun(engine.owner, tenant.id, [{ name: "a" }]);
  const [step] = await engine.claim();
  await engine.settle([done(step!)]);
  await sealAll(tenant.id);
  await auditSealed(engine.worker);
  const { rows } = await engine.owner.query(
    `select seq, prev_hash, hash, verb, actor_type || ':' || actor_id as actor, body,
       to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from audit_log where tenant_id = $1 order by seq`,
    [tenant.id],
  );
  expect(rows.map((row) => row.verb)).toEqual(["run.ended", "events.sealed"]);
  let previous = "0".repeat(64);
  for (const row of rows) {
    expect(row.prev_hash).toBe(previous);
    const text = [
      "nofx.audit.v1",
      tenant.id,
      row.seq,
      row.prev_hash,
      row.at,
      row.verb,
      row.actor,
      row.body,
    ].join("|");
    previous = createHash("sha256").update(text).digest("hex");
    expect(row.hash).toBe(previous);
  }
  const events = await engine.owner.query(
    "select seq || '|' || id || '|' || type || '|' || payload::text as line from events where tenant_id = $1 order by seq",
    [tenant.id],
  );
  const root = createHash("sha256")
    .update(events.rows.map((row) => row.line).join("\n"))
    .digest("hex");
  expect(JSON.parse(rows[1].body)).toEqual({
    from: 1,
    to: events.rows.length,
    count: events.rows.length,
    root,
  });
});
