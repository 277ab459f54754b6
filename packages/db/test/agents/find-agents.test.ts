import type pg from "pg";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedMember, seedTenant, type TestDatabase } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PlanWatch, type PlanNode } from "../engine/watch-plans.ts";

const AGENTS = process.env["PROVE"] === "1" ? 20_000 : 1_200;
const TENANTS = 3;

let database: TestDatabase;
let owner: pg.Pool;
let plans: PlanWatch;
let tenantId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({
    connectionString: database.url("postgres"),
    applicationName: "test",
    max: 1,
  });
  for (let n = 0; n < TENANTS; n++) {
    tenantId = (await seedTenant(owner)).id;
    await owner.query(
      `insert into agent_registry (tenant_id, name, description, capabilities, team, tags)
       select $1, 'agent-' || lpad(n::text, 6, '0'), 'Works on topic' || n % 500,
         array['common.work', 'special.work' || n % 200], 'team-' || n % 10, array['tag' || n % 20]
       from generate_series(1, $2::integer) n`,
      [tenantId, AGENTS],
    );
  }
  // what was inserted waits in a list of its own until then, which a search would read whole
  await owner.query("vacuum analyze agent_registry, agent_capabilities");
  const member = await seedMember(owner, tenantId, "viewer");
  plans = new PlanWatch(database.adminUrl);
  await plans.start();
  await plans.as("nofx_web");
  await plans.run("begin", []);
  await plans.run(
    "select set_config('role', 'nofx_member', true), set_config('request.jwt.claims', $1, true)",
    [JSON.stringify({ role: "nofx_member", sub: member, tenant_id: tenantId })],
  );
}, 60_000);
afterAll(async () => {
  await plans.end();
  await owner.end();
  await database.drop();
});

async function find(filter: object, sort = "name", after: string | null = null) {
  const { value, nodes } = await plans.run<number>(
    "select count(*)::integer as value from app.find_agents($1, $2, $3, 0, $4, 51)",
    [tenantId, JSON.stringify(filter), sort, after],
  );
  const ours = (name: string) => name.startsWith("agent_");
  const scans = nodes.filter(({ table, index }) => ours(table) || ours(index));
  return { found: value, scans };
}
const sequential = (scans: readonly PlanNode[]) => scans.filter(({ type }) => type === "Seq Scan");
const most = (scans: readonly PlanNode[]) => Math.max(...scans.map(({ rows }) => rows));

test("a page by name reads about a page, wherever in the list it is", async () => {
  for (const after of [null, "agent-000600"]) {
    const { found, scans } = await find({ statuses: ["active"] }, "name", after);
    expect(found).toBe(51);
    expect(sequential(scans)).toEqual([]);
    expect(most(scans)).toBeLessThanOrEqual(60);
  }
});

test("a search by words goes by the index of words, with the rights of who searches", async () => {
  const { found, scans } = await find({ query: "topic7 works", statuses: ["active"] });
  const fits = (n: number) => /^7\d?$/.test(String(n % 500));
  const there = Array.from({ length: AGENTS }, (_, n) => n + 1).filter(fits).length;
  expect(found).toBe(Math.min(51, there));
  expect(sequential(scans)).toEqual([]);
  expect(scans.map(({ index }) => index)).toContain("agent_registry_words");
});

test("who has a capability, and who is best at it, is found without looking at those who have it not", async () => {
  const capability = "special.work7";
  const there = AGENTS / 200;
  const byName = await find({ capability, statuses: ["active"] });
  expect(byName.found).toBe(Math.min(51, there));
  const best = await find({ capability, statuses: ["active"] }, "success");
  expect(best.found).toBe(Math.min(51, there));
  for (const { scans } of [byName, best]) {
    expect(sequential(scans)).toEqual([]);
    expect(most(scans)).toBeLessThan((AGENTS * TENANTS) / 10);
  }
});

test("the schemas of a capability are looked up by the index that an enqueue can afford", async () => {
  const { nodes } = await plans.run(
    `select count(*) as value from agent_capabilities c join agent_registry a on a.id = c.agent_id
     where c.tenant_id = $1 and c.capability = 'special.work7' and c.version is not null and a.status = 'active'`,
    [tenantId],
  );
  expect(sequential(nodes.filter(({ table }) => table === "agent_capabilities"))).toEqual([]);
});
