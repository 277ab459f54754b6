import { claimForAgent, freePreferred, preferAgents } from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant, type SeededAgent } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentOf, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const capabilities = ["code.patch"];

async function house(names: readonly string[]) {
  const tenant = await seedTenant(engine.owner);
  const one = await seedAgent(engine.owner, tenant.id, { capabilities });
  const other = await seedAgent(engine.owner, tenant.id, { capabilities });
  await engine.owner.query(
    "update agent_registry set last_seen_at = clock_timestamp() where tenant_id = $1",
    [tenant.id],
  );
  const steps = names.map((name) => ({ name, kind: "agent" as const, capability: "code.patch" }));
  const run = await seedRun(engine.owner, tenant.id, steps);
  const prefer = (name: string, agent: SeededAgent, seconds: number) =>
    preferAgents(
      engine.worker,
      tenant.id,
      [{ stepId: run.steps[name] ?? "", agentId: agent.id }],
      seconds,
    );
  return { tenant, one, other, run, prefer };
}

async function claim(agent: SeededAgent, limit = 10): Promise<string[]> {
  const rows = await engine.asAgent(agent, (db) =>
    claimForAgent(db, agentOf(agent), { capabilities, limit, leaseMs: LEASE_MS }),
  );
  return rows.map(({ name }) => name);
}

/** The time of all preferences of a tenant is over. */
async function letPass(tenantId: string) {
  await engine.owner.query(
    "update steps set preferred_until = clock_timestamp() where tenant_id = $1 and preferred_until is not null",
    [tenantId],
  );
}

test("a step is left to the agent that it is meant for, which takes it first, and then it is everybody's", async () => {
  const { tenant, one, other, prefer } = await house(["a", "b", "c"]);
  expect(await prefer("b", one, 60)).toBe(1);
  expect(await prefer("c", one, 60)).toBe(1);
  expect(await claim(other, 2)).toEqual(["a"]);
  expect(await claim(one, 1)).toEqual(["b"]);
  await letPass(tenant.id);
  expect(await claim(other)).toEqual(["c"]);
  expect(await claim(one)).toEqual([]);
});

test("whoever it was meant for takes it as any other once its time is over, once", async () => {
  const { tenant, one, prefer } = await house(["a", "b"]);
  await prefer("a", one, 60);
  await letPass(tenant.id);
  expect((await claim(one)).toSorted()).toEqual(["a", "b"]);
});

test("an agent that is drained or quarantined lets go at once, and one that was not heard of by the sweep", async () => {
  for (const status of ["draining", "quarantined"]) {
    const { one, other, prefer } = await house(["a"]);
    await prefer("a", one, 600);
    expect(await claim(other)).toEqual([]);
    await engine.owner.query("update agent_registry set status = $2 where id = $1", [
      one.id,
      status,
    ]);
    expect(await claim(other)).toEqual(["a"]);
  }
  const { one, other, prefer } = await house(["a", "b"]);
  await prefer("a", one, 600);
  await prefer("b", other, 600);
  expect(await freePreferred(engine.worker, 100)).toBe(0);
  await engine.owner.query(
    "update agent_registry set last_seen_at = clock_timestamp() - interval '1 minute' where id = $1",
    [one.id],
  );
  expect(await freePreferred(engine.worker, 100)).toBe(1);
  expect(await freePreferred(engine.worker, 100)).toBe(0);
  expect((await claim(other)).toSorted()).toEqual(["a", "b"]);
});

test("nothing is meant for an agent of another tenant, nor for one that takes nothing, nor for ever", async () => {
  const { tenant, one, prefer, run } = await house(["a"]);
  const stranger = await house(["x"]);
  expect(await prefer("a", stranger.one, 60)).toBe(0);
  expect(
    await preferAgents(
      engine.worker,
      stranger.tenant.id,
      [{ stepId: run.steps["a"] ?? "", agentId: stranger.one.id }],
      60,
    ),
  ).toBe(0);
  await engine.owner.query("update agent_registry set status = 'retired' where id = $1", [one.id]);
  expect(await prefer("a", one, 60)).toBe(0);
  await engine.owner.query("update agent_registry set status = 'active' where id = $1", [one.id]);
  await prefer("a", one, 1e9);
  const { rows } = await engine.owner.query(
    "select preferred_until < clock_timestamp() + interval '11 minutes' as soon from steps where tenant_id = $1 and preferred_agent_id = $2",
    [tenant.id, one.id],
  );
  expect(rows).toEqual([{ soon: true }]);
});

test("a limit on what an agent takes holds for what is meant for it too", async () => {
  const { tenant, one, prefer } = await house(["a", "b", "c"]);
  await engine.owner.query(
    "insert into claim_rules (tenant_id, agent, max_running, created_by) values ($1, $2, 2, 'test')",
    [tenant.id, one.id],
  );
  for (const name of ["a", "b", "c"]) await prefer(name, one, 600);
  expect(await claim(one)).toHaveLength(2);
  expect(await claim(one)).toEqual([]);
});

test("what is meant for others is not read: a claim beside hundreds of such steps looks at a few rows", async () => {
  const tenant = await seedTenant(engine.owner);
  const one = await seedAgent(engine.owner, tenant.id, { capabilities });
  const other = await seedAgent(engine.owner, tenant.id, { capabilities });
  const names = Array.from({ length: 400 }, (_, i) => `s${i}`);
  await seedRun(
    engine.owner,
    tenant.id,
    names.map((name) => ({ name, kind: "agent" as const, capability: "code.patch" })),
  );
  await engine.owner.query(
    "update steps set preferred_agent_id = $2, preferred_until = clock_timestamp() + interval '5 minutes' where tenant_id = $1",
    [tenant.id, one.id],
  );
  await engine.owner.query("vacuum (analyze) steps");
  await engine.owner.query("set enable_seqscan = off");
  const { rows } = await engine.owner.query(
    `explain (analyze, format json, timing off) select id from steps
     where tenant_id = $1 and capability = 'code.patch' and queue = 'default' and handler = 'agent@1' and priority = 3
       and status = 'queued' and holds = 0 and executor = 'agent' and greatest(run_at, preferred_until) <= $2
     order by greatest(run_at, preferred_until), id limit 10`,
    [tenant.id, new Date()],
  );
  const plan = JSON.stringify(rows[0]);
  expect(plan).toContain("steps_claim_agent");
  expect(plan).not.toMatch(/"Rows Removed by Filter":\s*[1-9]/);
  expect(await claim(other)).toEqual([]);
  expect(await claim(one, 3)).toHaveLength(3);
});
