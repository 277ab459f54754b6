import { cancelRun, cancelStep, pauseRun, resumeRun } from "@nofx/control/runs";
import { again } from "@nofx/control/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectInvariants, roleOf, startSessions, type Part, type Sessions } from "./harness.ts";

let s: Sessions;
beforeAll(async () => {
  s = await startSessions();
});
afterAll(() => s[Symbol.asyncDispose]());

/** A lead that makes two sessions below its own, whose members never end by themselves. */
const nested: Part = (step) =>
  roleOf(step) === "lead"
    ? { subtasks: ["a", "b"].map((name) => ({ name, strategy: "swarm" })) }
    : "die";

/** Sessions in sessions: six members are to be had, one of them is in the hands of an agent. */
async function tree() {
  const tenant = await s.t.tenant();
  const operator = await tenant.as("supervisor");
  const agent = await s.agent(tenant.id);
  const run = await s.run(tenant.id, { capability: "work", strategy: "hierarchical" });
  await s.hear();
  await s.act(agent, nested);
  await s.hear();
  expect(await s.hear()).toEqual(["s.w-a", "s.w-b"]);
  const [held] = await s.act(agent, nested, 1);
  expect(Object.keys(await run.steps())).toHaveLength(10);
  const runId = toId("run", run.runId);
  const sessions = async () =>
    (
      await s.t.owner.query(
        "select status from agent_sessions where run_id = $1 order by depth, id",
        [run.runId],
      )
    ).rows.map(({ status }) => String(status));
  const quotas = async () =>
    (
      await s.t.owner.query(
        "select b.id from budgets b join agent_sessions a on a.id = b.session_id where a.run_id = $1 and b.removed_at is null",
        [run.runId],
      )
    ).rows.length;
  return { run, runId, operator, agent, held: held!, sessions, quotas };
}

async function lapse(runId: string): Promise<void> {
  await s.t.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 s' where run_id = $1 and lease_until is not null",
    [runId],
  );
  await s.engine.reclaim(10);
}

test("a cancelled run takes every session below it along, and all their quotas end", async () => {
  const { run, runId, operator, held, sessions, quotas } = await tree();
  expect(await sessions()).toEqual(["running", "running", "running"]);
  expect(await quotas()).toBeGreaterThan(0);
  await cancelRun(again(operator), { runId });
  const statuses = await run.steps();
  const { "s.split": split, [held]: atWork, ...others } = statuses;
  expect(split).toBe("succeeded");
  expect(["assigned", "running"]).toContain(atWork);
  expect(new Set(Object.values(others))).toEqual(new Set(["cancelled"]));
  expect(await sessions()).toEqual(["cancelled", "cancelled", "cancelled"]);
  expect(await quotas()).toBe(0);
  await lapse(run.runId);
  expect(await run.status()).toBe("cancelled");
  const { rows } = await s.t.owner.query(
    "select id from budget_reservations where run_id = $1 and state = 'open'",
    [run.runId],
  );
  expect(rows).toEqual([]);
});

test("a session that is called off while a worker has it begins nothing, and ends as cancelled", async () => {
  const tenant = await s.t.tenant();
  const operator = await tenant.as("supervisor");
  const run = await s.run(tenant.id, { capability: "work", strategy: "swarm" });
  const [step] = await s.claim();
  await cancelRun(again(operator), { runId: toId("run", run.runId) });
  await s.take(step!);
  expect(await run.steps()).toEqual({ s: "cancelled" });
  expect(await run.row()).toBeUndefined();
  expect(await run.status()).toBe("cancelled");
});

test("a session that is called off takes its own members along, and the one above goes on without it", async () => {
  const { run, runId, operator, agent, held, sessions } = await tree();
  const other = held.startsWith("s.w-a") ? "b" : "a";
  await cancelStep(again(operator), { runId, stepName: `s.w-${other}` });
  const statuses = await run.steps();
  expect(statuses[`s.w-${other}.m-1`]).toBe("cancelled");
  expect(statuses["s"]).toBe("queued");
  expect((await sessions()).toSorted()).toEqual(["cancelled", "running", "running"]);
  // and the rest comes to its end: who held a member is gone, another stands in
  await lapse(run.runId);
  await s.settle([agent], (step) => ({ score: 1, role: roleOf(step) }));
  expect(await run.step()).toMatchObject({ status: "succeeded", output: { role: "merger" } });
  expect(await run.status()).toBe("succeeded");
});

test("a paused run begins nothing at any depth, also what sessions would add; resumed it ends well", async () => {
  const { run, runId, operator, agent, held } = await tree();
  await pauseRun(again(operator), { runId });
  await lapse(run.runId);
  expect(await s.act(agent, () => ({}))).toEqual([]);
  expect(await s.hear()).toEqual([]);
  await resumeRun(again(operator), { runId });
  await s.settle([agent], (step) => ({ score: 1, name: step.name }));
  expect((await run.step(held))["status"]).toBe("succeeded");
  expect(await run.status()).toBe("succeeded");
});

test("agents and workers that vanish anywhere in the tree are stood in for", async () => {
  const { run, agent } = await tree();
  let dice = 0;
  for (let round = 0; round < 3; round += 1) {
    // everybody who holds anything is lost: a worker in the middle of a session too
    await s.engine.exchange({
      version: "1.0.0",
      handlers: ["session@1"],
      settlements: [],
      renewals: [],
      want: 1,
      leaseMs: 30_000,
    });
    await s.act(agent, () => ((dice += 1) % 2 === 0 ? "die" : { score: dice }), 2);
    await lapse(run.runId);
  }
  await s.settle([agent], (step) => ({ score: 1, role: roleOf(step) }));
  expect(await run.status()).toBe("succeeded");
  const { rows } = await s.t.owner.query(
    "select outcome, count(*)::integer as n from agent_subagents where run_id = $1 group by 1 order by 1",
    [run.runId],
  );
  expect(rows.map(({ outcome }) => outcome)).toEqual(["lost", "succeeded"]);
  await expectInvariants(s);
});
