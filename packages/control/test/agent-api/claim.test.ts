import { randomUUID } from "node:crypto";
import { toId } from "@nofx/core/vocabulary";
import { createDoorbell } from "@nofx/control/steps";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentStep, startAgentApi, type AgentApi } from "./harness.ts";

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test("a claim hands out what the agent can do, once", async () => {
  const tenant = await api.tenant();
  const [first, second] = [await api.agent(tenant), await api.agent(tenant)];
  const run = await api.run(tenant, [
    agentStep("one"),
    agentStep("other", { capability: "deploy" }),
  ]);
  const { status, body } = await first.claim(["test.work", "deploy"]);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    leaseSeconds: 30,
    steps: [
      {
        id: toId("step", run.steps["one"]!),
        runId: toId("run", run.id),
        capability: "test.work",
        epoch: 1,
        attempt: 1,
        input: { n: 1 },
        needs: [],
      },
    ],
  });
  expect((await second.claim(["test.work", "deploy"])).body.steps).toEqual([]);
});

test("the same key gets the same steps while they are held, and nothing afterwards", async () => {
  const tenant = await api.tenant();
  const agent = await api.agent(tenant);
  await api.run(tenant, [agentStep("one"), agentStep("two")]);
  const options = { idempotencyKey: randomUUID() };
  const first = await agent.claim(undefined, { max: 1 }, options);
  const again = await agent.claim(undefined, { max: 1 }, options);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.body).toEqual(first.body);
  expect(await agent.claim(undefined, { max: 2 }, options)).toMatchObject({
    status: 422,
    body: { code: "idempotency_key_reused" },
  });
  await agent.post(`/steps/${first.body.steps![0]!.id}/complete`, { epoch: 1, output: null });
  expect((await agent.claim(undefined, { max: 1 }, options)).body.steps).toEqual([]);
  expect((await agent.claim()).body.steps).toMatchObject([{ name: "two" }]);
});

test("a key that got nothing is not used up", async () => {
  const tenant = await api.tenant();
  const agent = await api.agent(tenant);
  const options = { idempotencyKey: randomUUID() };
  expect((await agent.claim(undefined, {}, options)).body.steps).toEqual([]);
  await api.run(tenant, [agentStep("one")]);
  expect((await agent.claim(undefined, {}, options)).body.steps).toMatchObject([{ name: "one" }]);
});

test("a claim waits, and is woken by the doorbell", async () => {
  const tenant = await api.tenant();
  const agent = await api.agent(tenant);
  const doorbell = createDoorbell({
    connectionString: api.databaseUrl("nofx_agent_gateway"),
    applicationName: "bell",
  });
  try {
    await until("the doorbell listens", () => doorbell.rings > 0);
    const waiting = agent.claim(undefined, { waitSeconds: 25 }, { api: { doorbell } });
    await api.run(tenant, [agentStep("one")]);
    await api.owner.query("select pg_notify('nofx_doorbell', 'default')");
    expect((await waiting).body.steps).toMatchObject([{ name: "one" }]);
  } finally {
    await doorbell.close();
  }
});

test("a doorbell whose connection is cut listens again", async () => {
  const doorbell = createDoorbell({
    connectionString: api.databaseUrl("nofx_agent_gateway"),
    applicationName: "cut-bell",
  });
  try {
    await until("it listens", () => doorbell.rings > 0);
    const before = doorbell.rings;
    const { rowCount } = await api.owner.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut-bell'",
    );
    expect(rowCount).toBe(1);
    await until("it listens again", () => doorbell.rings > before);
  } finally {
    await doorbell.close();
  }
});

test("a client that goes away while waiting keeps nothing", async () => {
  const tenant = await api.tenant();
  const agent = await api.agent(tenant);
  const run = await api.run(tenant, [agentStep("one", { needs: [] })]);
  await api.owner.query("update steps set holds = 256 where id = $1", [run.steps["one"]]);
  const gone = new AbortController();
  const waiting = agent.claim(undefined, { waitSeconds: 25 }, { signal: gone.signal });
  gone.abort();
  expect((await waiting).body.steps).toEqual([]);
  await api.owner.query("update steps set holds = 0 where id = $1", [run.steps["one"]]);
  expect((await agent.claim()).body.steps).toMatchObject([{ epoch: 1 }]);
});

test("nothing of another tenant is handed out, seen, or touched", async () => {
  const [mine, theirs] = [await api.tenant(), await api.tenant()];
  const [agent, stranger] = [await api.agent(mine), await api.agent(theirs)];
  await api.run(mine, [agentStep("one")]);
  expect((await stranger.claim()).body.steps).toEqual([]);
  const [step] = (await agent.claim()).body.steps!;
  const bodies = {
    heartbeat: { epoch: 1 },
    checkpoints: { epoch: 1, name: "x", value: 1 },
    approvals: { epoch: 1, name: "x", question: "?" },
    artifacts: { epoch: 1, name: "a", contentType: "text/plain", size: 0, sha256: "0".repeat(64) },
    logs: { epoch: 1, lines: [{ seq: 0, at: "2026-01-01T00:00:00Z", level: "info", text: "x" }] },
    complete: { epoch: 1, output: null },
    fail: { epoch: 1, error: { code: "agent_error", message: "x" } },
    release: { epoch: 1 },
  };
  for (const [verb, body] of Object.entries(bodies)) {
    expect(await stranger.post(`/steps/${step!.id}/${verb}`, body)).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  }
  expect(await agent.post(`/steps/${step!.id}/complete`, bodies.complete)).toMatchObject({
    status: 200,
    body: { status: "succeeded" },
  });
});
