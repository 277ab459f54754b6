import { spawnChildren } from "@nofx/control/steps";
import { claimSteps, completeStep } from "@nofx/control/steps";
import { reserve } from "@nofx/control/budgets";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type { AgentContext } from "@nofx/control/command";
import type { ClaimedStep } from "@nofx/core/contract";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { refusal } from "../fixtures.ts";
import { expectInvariants, fresh, startSessions, type Sessions } from "./harness.ts";

let s: Sessions;
beforeAll(async () => {
  s = await startSessions();
});
afterAll(() => s[Symbol.asyncDispose]());

async function start(args: object) {
  const tenant = await s.t.tenant();
  const agent = await s.agent(tenant.id);
  const run = await s.run(tenant.id, { capability: "work", strategy: "solo", ...args });
  await s.hear();
  return { tenant, agent, run };
}

async function claimOne(agent: AgentContext): Promise<ClaimedStep> {
  const request = { capabilities: ["work"], max: 1, waitSeconds: 0, worker: "a" };
  const { steps } = await claimSteps(fresh(agent), request);
  return steps[0]!;
}

const child = (name: string) => ({
  name,
  kind: "agent" as const,
  with: { capability: "work", input: {}, timeoutSeconds: 60 },
});
const spawn = (agent: AgentContext, { id, epoch }: ClaimedStep, names: string[]) =>
  spawnChildren(fresh(agent), id, { epoch, children: names.map(child) });

test("fan-out over quota is refused by name and number, and nothing of it is begun", async () => {
  const { agent, run } = await start({ fanOut: 3 });
  const step = await claimOne(agent);
  await spawn(agent, step, ["a", "b"]);
  const refused = await refusal(spawn(agent, step, ["c", "d"]));
  expect(refused.code).toBe("quota_exceeded");
  expect(refused.data).toEqual({ quota: "fan_out", limit: 3, used: 2, asked: 2 });
  expect(Object.keys(await run.steps())).toEqual(["s", "s.do", "s.do.a", "s.do.b"]);
  // what is there already is no more of it
  expect((await spawn(agent, step, ["a", "b"])).children).toHaveLength(2);
});

test("depth counts from the session's root, agents in all of its tree, whoever adds them", async () => {
  const { agent } = await start({ depth: 2, maxAgents: 4 });
  const top = await claimOne(agent);
  await spawn(agent, top, ["a", "b"]);
  const below = await claimOne(agent);
  const deep = await refusal(spawn(agent, below, ["x"]));
  expect(deep.data).toMatchObject({ quota: "depth", limit: 2, asked: 3 });
  const many = await refusal(spawn(agent, top, ["c", "d"]));
  expect(many.data).toEqual({ quota: "agents", limit: 4, used: 3, asked: 2 });
  await spawn(agent, top, ["c"]);
});

test("money that is spent anywhere below a session is spent of its budget", async () => {
  const { agent, tenant, run } = await start({ budgetUsd: 1 });
  const top = await claimOne(agent);
  await spawn(agent, top, ["a"]);
  const below = await claimOne(agent);
  const pool = createPool({
    connectionString: s.t.database.url("nofx_worker"),
    applicationName: "spender",
    max: 8,
  });
  const deps = { db: createDatabase<DB>(pool), newUuid: () => randomUUID() };
  const ask = (step: ClaimedStep, pico: bigint) =>
    reserve(deps, {
      tenantId: tenant.id,
      requestKey: randomUUID(),
      scopes: { runId: run.runId, stepId: toUuid("step", step.id) },
      amounts: { usd: pico },
      leaseMs: 60_000,
    });
  const third = 300_000_000_000n;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => ask(i % 2 === 0 ? top : below, third)),
  );
  expect(answers.filter(({ outcome }) => outcome === "reserved")).toHaveLength(3);
  expect(answers.find(({ outcome }) => outcome === "stop")).toMatchObject({
    measure: "usd",
    limit: 1_000_000_000_000n,
  });
  await pool.end();
});

test("a swarm that is larger than the tenant allows fails with what the budget says", async () => {
  const tenant = await s.t.tenant();
  await s.t.owner.query(
    `insert into budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
     values ($1, 'crowd', 'tenant', 'agents', 'cap', 'at_once', 4, 'stop', $2, $2)`,
    [tenant.id, randomUUID()],
  );
  const agent = await s.agent(tenant.id);
  const swarm = { strategy: "swarm", capability: "work", mode: "vote", agents: { n: 3 } };
  const first = await s.run(tenant.id, swarm);
  await s.hear();
  const second = await s.run(tenant.id, swarm);
  await s.hear();
  expect(await second.step()).toMatchObject({
    status: "failed",
    error: {
      code: "quota_exceeded",
      message: "3 more are over the quota agents: 3 of 4 are used.",
    },
  });
  expect(Object.keys(await second.steps())).toEqual(["s"]);
  // what is under way counts, and what has ended does not
  await s.settle([agent], () => ({ vote: 1 }));
  expect((await first.step())["status"]).toBe("succeeded");
  const third = await s.run(tenant.id, swarm);
  await s.settle([agent], () => ({ vote: 1 }));
  expect((await third.step())["status"]).toBe("succeeded");
});

test("children that fail in a row open the breaker: nothing is begun below that place any more", async () => {
  const { agent, run } = await start({});
  const top = await claimOne(agent);
  const names = Array.from({ length: 10 }, (_, i) => `c${i}`);
  await spawn(agent, top, names);
  await s.act(agent, () => ({ fails: "no" }));
  const refused = await refusal(spawn(agent, top, ["more"]));
  expect(refused.data).toEqual({ quota: "failures", limit: 10, used: 10, asked: 1 });
  const { rows } = await s.t.owner.query(
    "select failures, opened_at is not null as open from run_agent_hierarchy where run_id = $1 and path = 's/do'",
    [run.runId],
  );
  expect(rows).toEqual([{ failures: 10, open: true }]);
});

test("time is a quota too: who is late is called off", async () => {
  const { agent, run } = await start({ seconds: 3600 });
  await s.t.owner.query(
    "update waits set due_at = clock_timestamp() where run_id = $1 and kind = 'timer' and status = 'open'",
    [run.runId],
  );
  await s.t.owner.query(
    "update agent_sessions set deadline_at = clock_timestamp() where run_id = $1",
    [run.runId],
  );
  await s.engine.wakeTimers(10);
  await s.settle([agent], () => ({}));
  expect(await run.step()).toMatchObject({ error: { code: "deadline_exceeded" } });
  expect((await run.step("s.do"))["status"]).toBe("cancelled");
});

test("a session whose worker fails for good before its strategy says so is a failure of the choice all the same", async () => {
  const { run } = await start({});
  await s.t.owner.query(
    "update waits set due_at = clock_timestamp() where run_id = $1 and kind = 'timer' and status = 'open'",
    [run.runId],
  );
  await s.engine.wakeTimers(10);
  const [claimed] = await s.claim();
  const error = { code: "internal" as const, message: "It broke." };
  await s.engine.exchange({
    version: "1.0.0",
    handlers: ["session@1"],
    settlements: [
      { stepId: claimed!.id, epoch: claimed!.epoch, outcome: "failed", error, retryMs: undefined },
    ],
    renewals: [],
    want: 0,
    leaseMs: 30_000,
    route: undefined,
  });
  expect(await run.status()).toBe("failed");
  const { rows } = await s.t.owner.query(
    "select o.succeeded from strategy_outcomes o join strategy_decisions d on d.id = o.decision_id where d.run_id = $1",
    [run.runId],
  );
  expect(rows).toEqual([{ succeeded: false }]);
});

test("nobody spawns below a step that is not theirs, and no place has a parent of another run", async () => {
  const mine = await start({});
  const theirs = await start({});
  const step = await claimOne(mine.agent);
  const stranger = await refusal(spawn(theirs.agent, step, ["x"]));
  expect(stranger.code).toBe("not_found");
  const colleague = await s.agent(mine.tenant.id);
  const forged = await refusal(spawn(colleague, step, ["x"]));
  expect(forged.code).toBe("lease_lost");
  const stale = await refusal(spawn(mine.agent, { ...step, epoch: step.epoch - 1 }, ["x"]));
  expect(stale.code).toBe("lease_lost");
  const node = async (runId: string) =>
    (await s.t.owner.query("select * from run_agent_hierarchy where run_id = $1 limit 1", [runId]))
      .rows[0] as Record<string, string>;
  const parent = await node(theirs.run.runId);
  const insert = s.t.owner.query(
    `insert into run_agent_hierarchy (tenant_id, run_id, parent_id, step_id, role, depth, path)
     values ($1, $2, $3, gen_random_uuid(), 'worker', 1, 's/x')`,
    [mine.tenant.id, mine.run.runId, parent["id"]],
  );
  await expect(insert).rejects.toMatchObject({ code: "23503" });
  await completeStep(fresh(mine.agent), step.id, { epoch: step.epoch, output: {} });
  await expectInvariants(s);
});
