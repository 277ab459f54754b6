import { importBacklog } from "@nofx/control/backlog";
import type { AgentContext } from "@nofx/control/command";
import { createPlan, executePlan, listPlanSteps } from "@nofx/control/plans";
import { getRun } from "@nofx/control/runs";
import { claimSteps, spawnChildren } from "@nofx/control/steps";
import { again } from "@nofx/control/testing";
import { SessionWith } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog } from "../fixtures.ts";
import {
  expectInvariants,
  fresh,
  roleOf,
  startSessions,
  type Part,
  type Sessions,
} from "./harness.ts";

let s: Sessions;
beforeAll(async () => {
  s = await startSessions();
});
afterAll(() => s[Symbol.asyncDispose]());

async function start(args: object, agents = 2) {
  const tenant = await s.t.tenant();
  const team = await Promise.all(Array.from({ length: agents }, () => s.agent(tenant.id)));
  const run = await s.run(tenant.id, { capability: "work", ...args });
  return { tenant, team, run };
}

/** One step, of whoever it is meant for. */
async function one(team: readonly AgentContext[], part: Part) {
  for (const agent of team) if ((await s.act(agent, part, 1)).length > 0) return;
  throw new Error("nobody finds anything to do");
}

test("solo: one agent gets the input as it is, and its result is the session's", async () => {
  const { team, run } = await start({ strategy: "solo", input: { n: 1 } });
  await s.settle(team, (step) => ({ doubled: Number(step.input["n"]) * 2 }));
  expect(await run.step()).toMatchObject({ status: "succeeded", output: { doubled: 2 } });
  expect(await run.row()).toMatchObject({
    status: "succeeded",
    strategy: "solo",
    asked: "solo",
    depth: 0,
    region: "here-1",
  });
  expect(await run.status()).toBe("succeeded");
});

test("pair: what is to be revised goes back, and what was accepted is the result", async () => {
  const { team, run } = await start({ strategy: "pair", input: { order: 7 } });
  const part: Part = (step) => {
    const session = step.input["session"] as Record<string, unknown>;
    if (session["role"] === "doer") return { text: `draft ${String(session["round"])}` };
    return session["round"] === 1
      ? { verdict: "revise", feedback: "shorter", score: 0.4 }
      : { verdict: "accept", score: 0.9 };
  };
  await s.settle(team, part);
  expect(await run.step()).toMatchObject({ status: "succeeded", output: { text: "draft 2" } });
  expect((await run.step("s.do-2"))["arguments"]).toMatchObject({
    input: { order: 7, session: { draft: { text: "draft 1" }, feedback: "shorter" } },
  });
  const { rows } = await s.t.owner.query(
    "select round, verdict, score, feedback, doer_agent is not null as known from critic_verdicts where run_id = $1 order by round",
    [run.runId],
  );
  expect(rows).toEqual([
    { round: 1, verdict: "revise", score: 0.4, feedback: "shorter", known: true },
    { round: 2, verdict: "accept", score: 0.9, feedback: "", known: true },
  ]);
  expect(await run.row()).toMatchObject({ rounds: 2 });
});

test("pair: nobody revises for ever, and a reviewer that says nothing usable is no reviewer", async () => {
  const strict = await start({ strategy: "pair", rounds: 2 });
  await s.settle(strict.team, (step) =>
    roleOf(step) === "doer" ? { text: "x" } : { verdict: "revise", feedback: "again" },
  );
  expect(await strict.run.step()).toMatchObject({
    status: "failed",
    error: { code: "review_rejected" },
  });
  expect(await strict.run.row()).toMatchObject({ status: "failed", rounds: 2 });
  const mute = await start({ strategy: "pair" });
  await s.settle(mute.team, () => ({ text: "x" }));
  expect(await mute.run.step()).toMatchObject({ error: { code: "session_failed" } });
});

test("hierarchical: parts side by side, one of them a session of its own, and one result", async () => {
  const { team, run } = await start({ strategy: "hierarchical", input: { goal: "all" } });
  const part: Part = (step) => {
    const session = (step.input["session"] ?? {}) as Record<string, unknown>;
    switch (session["role"]) {
      case "lead":
        return {
          subtasks: [
            { name: "a", input: { n: 1 } },
            { name: "b", input: { n: 2 }, strategy: "solo" },
            { name: "c", input: { n: 3 } },
          ],
        };
      case "merger":
        return {
          parts: (session["results"] as { name: string; status: string }[])
            .map(({ name, status }) => `${name} ${status}`)
            .toSorted(),
        };
      default:
        return step.input["n"] === 3 ? { fails: "no" } : { n: Number(step.input["n"]) };
    }
  };
  await s.settle(team, part);
  expect(await run.step()).toMatchObject({
    status: "succeeded",
    output: { parts: ["a succeeded", "b succeeded", "c failed"] },
  });
  const { rows } = await s.t.owner.query(
    "select path, role, depth, metrics ->> 'status' as status from run_agent_hierarchy where run_id = $1 order by path",
    [run.runId],
  );
  expect(rows).toEqual([
    { path: "s", role: "lead", depth: 0, status: "succeeded" },
    { path: "s/merge", role: "merger", depth: 1, status: "succeeded" },
    { path: "s/split", role: "lead", depth: 1, status: "succeeded" },
    { path: "s/w-a", role: "worker", depth: 1, status: "succeeded" },
    { path: "s/w-b", role: "worker", depth: 1, status: "succeeded" },
    { path: "s/w-b/do", role: "doer", depth: 2, status: "succeeded" },
    { path: "s/w-c", role: "worker", depth: 1, status: "failed" },
  ]);
});

test("swarm: the first that is there wins a race, and the others are called off", async () => {
  const { team, run } = await start({ strategy: "swarm", mode: "race", agents: { n: 4 } });
  await s.hear();
  await one(team, () => "die");
  await one(team, (step) => ({ by: step.name }));
  await s.settle([], () => "die");
  const statuses = await run.steps();
  expect(statuses["s"]).toBe("succeeded");
  const ends = Object.values(statuses).toSorted();
  expect(ends.filter((status) => status === "succeeded")).toHaveLength(2);
  expect(ends.filter((status) => status === "cancelled")).toHaveLength(2);
  // the fourth is in the hands of an agent that is not heard of any more
  expect(["assigned", "running"]).toContain(
    ends.find((status) => status !== "succeeded" && status !== "cancelled"),
  );
  expect(await run.status()).toBe("running");
  // what the dead one holds ends with its lease
  await s.t.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 s' where run_id = $1 and lease_until is not null",
    [run.runId],
  );
  await s.engine.reclaim(10);
  expect(await run.status()).toBe("succeeded");
});

test("swarm: a vote ends as soon as a quorum agrees, and fails as soon as none can", async () => {
  const agreed = await start({ strategy: "swarm", mode: "vote", agents: { n: 5 } });
  await s.hear();
  for (let i = 0; i < 3; i += 1) await one(agreed.team, () => ({ vote: "yes", i }));
  await s.settle([], () => "die");
  expect(await agreed.run.step()).toMatchObject({ status: "succeeded", output: { vote: "yes" } });
  expect(Object.values(await agreed.run.steps()).filter((x) => x === "cancelled")).toHaveLength(2);
  const split = await start({ strategy: "swarm", mode: "vote", quorum: 3, agents: { n: 3 } });
  await s.hear();
  let n = 0;
  for (let i = 0; i < 2; i += 1) await one(split.team, () => ({ vote: (n += 1) }));
  await s.settle([], () => "die");
  expect(await split.run.step()).toMatchObject({ error: { code: "session_failed" } });
});

test("swarm: the best of all by their scores, a failure among them", async () => {
  const { team, run } = await start({ strategy: "swarm", agents: { n: 3 } });
  const scores: Record<string, number> = { "s.m-1": 0.2, "s.m-2": 0.9 };
  await s.settle(team, (step) => {
    const score = scores[step.name];
    return score === undefined ? { fails: "no idea" } : { score, name: step.name };
  });
  expect(await run.step()).toMatchObject({ status: "succeeded", output: { name: "s.m-2" } });
  await expectInvariants(s);
});

test("a session comes from a backlog as well, judged and planned like any step", async () => {
  const tenant = await s.t.tenant();
  const [operator, agent] = [await tenant.as("operator"), await s.agent(tenant.id)];
  const item = {
    id: "both",
    title: "Both of them",
    kind: "session",
    with: { strategy: "pair", capability: "work", input: { n: 1 } },
    owner: "team",
    labels: ["hard"],
  };
  await importBacklog(again(operator), backlog("crew", [item]));
  const plan = await createPlan(again(operator), { pack: "crew" });
  const { items } = await listPlanSteps(operator, { planId: plan.id });
  expect(items).toMatchObject([{ kind: "session", capability: "work" }]);
  const { runId } = await executePlan(again(operator), { planId: plan.id });
  await s.settle([agent], (step) => (roleOf(step) === "doer" ? {} : { verdict: "accept" }));
  expect((await getRun(operator, { runId })).status).toBe("succeeded");
  const { rows } = await s.t.owner.query(
    "select segment from strategy_decisions where tenant_id = $1",
    [tenant.id],
  );
  expect(rows).toHaveLength(1);
});

test("an agent has a session do a part of its work, and a failed member leaves no letter", async () => {
  const { team, run } = await start({ strategy: "solo" }, 1);
  await s.hear();
  const agent = team[0]!;
  const claim = { capabilities: ["work"], max: 1, waitSeconds: 0, worker: "a" };
  const [step] = (await claimSteps(fresh(agent), claim)).steps;
  const swarm = { strategy: "swarm" as const, capability: "work", agents: { n: 2 } };
  await spawnChildren(fresh(agent), step!.id, {
    epoch: step!.epoch,
    children: [{ name: "crew", kind: "session", with: SessionWith.parse(swarm) }],
  });
  await s.settle([agent], ({ name }) => (name.endsWith("m-1") ? { fails: "no" } : { score: 1 }));
  expect(await run.step("s.do.crew")).toMatchObject({ status: "succeeded", output: { score: 1 } });
  const { rows } = await s.t.owner.query(
    "select depth from agent_sessions where run_id = $1 order by 1",
    [run.runId],
  );
  expect(rows).toEqual([{ depth: 0 }, { depth: 2 }]);
  const letters = await s.t.owner.query("select id from dead_letters where run_id = $1", [
    run.runId,
  ]);
  expect(letters.rows).toEqual([]);
});
