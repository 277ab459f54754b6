import { getSession, hierarchyOfRun, listSessions } from "@nofx/control/sessions";
import { toId } from "@nofx/core/vocabulary";
import { readHierarchy } from "@nofx/db/queries";
import type { DB } from "@nofx/db/types";
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
} from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { roleOf, startSessions, type Sessions } from "./harness.ts";

let s: Sessions;
beforeAll(async () => {
  s = await startSessions();
});
afterAll(() => s[Symbol.asyncDispose]());

async function pairOf() {
  const tenant = await s.t.tenant();
  const viewer = await tenant.as("viewer");
  const team = [await s.agent(tenant.id), await s.agent(tenant.id)];
  const run = await s.run(tenant.id, { capability: "work", strategy: "pair", budgetUsd: 2.5 });
  return { tenant, viewer, team, run, runId: toId("run", run.runId) };
}

test("the tree says who is at it now, and afterwards who did it and what it took", async () => {
  const { viewer, team, run, runId } = await pairOf();
  await s.hear();
  let holder = "";
  for (const agent of team) if ((await s.act(agent, () => "die")).length > 0) holder = agent.name;
  const { items: live, total } = await hierarchyOfRun(viewer, { runId });
  expect(total).toBe(2);
  expect(live).toMatchObject([
    { path: "s", depth: 0, parentStepId: null, session: { strategy: "pair", status: "running" } },
    { path: "s/do-1", role: "doer", agent: { name: holder }, seconds: null },
  ]);
  await s.t.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 s' where run_id = $1 and lease_until is not null",
    [run.runId],
  );
  await s.engine.reclaim(10);
  await s.settle(team, (step) =>
    roleOf(step) === "doer" ? { text: "x" } : { verdict: "accept", feedback: "fine" },
  );
  const { items } = await hierarchyOfRun(viewer, { runId });
  expect(items.map(({ path, status, crashes }) => [path, status, crashes])).toEqual([
    ["s", "succeeded", 0],
    ["s/do-1", "succeeded", 1],
    ["s/review-1", "succeeded", 0],
  ]);
  for (const { seconds, region } of items) {
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(region).toBe("here-1");
  }
  const { items: listed } = await listSessions(viewer, { runId, status: "succeeded" });
  const session = await getSession(viewer, { sessionId: listed[0]!.id });
  expect(session).toMatchObject({
    quotas: { depth: 3, fanOut: 32, agents: 100, usd: "2.5", failures: 10 },
    verdicts: [{ round: 1, verdict: "accept", feedback: "fine" }],
    engagements: [{ outcome: "lost" }, { outcome: "succeeded" }, { outcome: "succeeded" }],
  });
});

test("a run without sessions has an empty tree, another's run has none", async () => {
  const { viewer, run } = await pairOf();
  const other = await pairOf();
  const empty = await hierarchyOfRun(viewer, { runId: toId("run", run.runId) });
  expect(empty).toEqual({ items: [], nextCursor: null, total: 0 });
  const refused = await refusal(hierarchyOfRun(viewer, { runId: other.runId }));
  expect(refused.code).toBe("not_found");
});

test("an archived run has its tree, its sessions and its verdicts still, and again when it comes back", async () => {
  const { viewer, team, run, runId } = await pairOf();
  await s.settle(team, (step) => (roleOf(step) === "doer" ? { n: 1 } : { verdict: "accept" }));
  const look = async () => {
    const { items } = await listSessions(viewer, { runId });
    return {
      tree: await hierarchyOfRun(viewer, { runId }),
      session: await getSession(viewer, { sessionId: items[0]!.id }),
    };
  };
  const before = await look();
  for (const back of [false, true]) {
    await s.t.owner.query("select engine.move_runs(array[$1::uuid], $2)", [run.runId, back]);
    expect(await look()).toEqual(before);
  }
});

test("a tree of a thousand places is read by its index, in pages too, parents before what is below", async () => {
  const { viewer, tenant, run, runId } = await pairOf();
  const { owner } = s.t;
  await owner.query(
    `with root as (
       insert into run_agent_hierarchy (tenant_id, run_id, step_id, role, depth, path)
       select tenant_id, run_id, id, 'lead', 0, name from steps where run_id = $1 and parent_step_id is null returning *
     ),
     made as (
       insert into steps (tenant_id, run_id, parent_step_id, name, title, kind, executor, capability, priority, position, arguments, token,
         correlation_id)
       select r.tenant_id, r.run_id, r.step_id, 's.' || i, 'Part', 'agent', 'agent', 'other', 3, 0, '{}', 't', r.run_id
       from root r, generate_series(1, 999) i
       returning *
     )
     insert into run_agent_hierarchy (tenant_id, run_id, parent_id, step_id, role, depth, path)
     select m.tenant_id, m.run_id, r.id, m.id, 'worker', 1, r.path || '/' || m.name from made m, root r`,
    [run.runId],
  );
  // others' trees, so that reading all of them would be noticed
  await owner.query(
    `insert into run_agent_hierarchy (tenant_id, run_id, step_id, role, depth, path)
     select $1, gen_random_uuid(), gen_random_uuid(), 'lead', 0, 's' from generate_series(1, 20000)`,
    [tenant.id],
  );
  await owner.query("analyze run_agent_hierarchy");
  const whole = await hierarchyOfRun(viewer, { runId });
  expect(whole.total).toBe(1_000);
  expect(whole.items).toHaveLength(1_000);
  expect(whole.items[0]).toMatchObject({ depth: 0, path: "s" });
  const paged = [];
  let cursor: string | undefined;
  do {
    const page = await hierarchyOfRun(viewer, { runId, limit: 300, cursor });
    paged.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(paged).toEqual(whole.items);

  const plan = await explain({ tenantId: tenant.id, runId: run.runId, limit: 1_000 });
  expect(plan).not.toMatch(/Seq Scan on run_agent_hierarchy\b/);
  expect(plan).toContain("run_agent_hierarchy_tree");
});

/** How Postgres would read a tree. */
async function explain(filter: Parameters<typeof readHierarchy>[1]): Promise<string> {
  let asked: CompiledQuery | undefined;
  const nowhere = new Kysely<DB>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => {
      asked = query;
    },
  });
  await readHierarchy(nowhere, filter);
  const { rows } = await s.t.owner.query<{ "QUERY PLAN": string }>(`explain ${asked?.sql}`, [
    ...(asked?.parameters ?? []),
  ]);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
