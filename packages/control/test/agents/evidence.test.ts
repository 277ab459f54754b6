import {
  answerAgentScaler,
  createAgent,
  foldAgentEvidence,
  getAgent,
  issueAgentKey,
  listDemand,
  quarantineAgent,
  resumeAgent,
  scaleAgents,
  updateAgent,
} from "@nofx/control/agents";
import type { MemberContext } from "@nofx/control/command";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { seedRun } from "@nofx/db/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentApi, agentStep } from "./harness.ts";

let planes: TestPlane;
let engine: WorkerEngine;
beforeAll(async () => {
  planes = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: planes.database.url("nofx_worker"),
    worker: "leader",
  });
});
afterAll(async () => {
  await engine.close();
  await planes[Symbol.asyncDispose]();
});

async function anAgent(steps: number, more: Partial<Parameters<typeof createAgent>[1]> = {}) {
  const tenant = await planes.tenant();
  const ctx = await tenant.as("supervisor");
  const input = { name: "patcher", capabilities: ["code.patch"], ...more };
  const { id } = await createAgent(ctx, input);
  const { key } = await issueAgentKey(again(ctx), { agentId: id });
  const api = agentApi(planes.plane, key ?? "");
  await seedRun(
    planes.owner,
    tenant.id,
    Array.from({ length: steps }, (_, n) => agentStep(`s${n}`)),
  );
  return { ctx, id, api };
}

/** What the worker that leads does every second. Attempts are a second old before they are folded. */
async function fold(): Promise<number> {
  await planes.owner.query("update agent_outcomes set at = at - interval '2 s'");
  return foldAgentEvidence(engine.evidence);
}

type Api = ReturnType<typeof agentApi>;
async function work(api: Api, max: number, succeeds: boolean): Promise<string[]> {
  const { steps = [] } = (await api.claim({ max })).body;
  for (const { id, epoch } of steps) {
    const error = { code: "agent_permanent_error", message: "no" };
    await (succeeds
      ? api.post(`/steps/${id}/complete`, { epoch, output: null })
      : api.post(`/steps/${id}/fail`, { epoch, error }));
  }
  return steps.map(({ id }) => id);
}
const agentOf = (ctx: MemberContext) => getAgent(ctx, { agentId: "patcher" });
const statusOf = async (ctx: MemberContext) => {
  const { status, statusBy } = await agentOf(ctx);
  return `${status} by ${statusBy}`;
};

test("what was measured corrects what was declared, with the attempts that say so, each counted once", async () => {
  const capability = "code.patch";
  const { ctx, api } = await anAgent(4, {
    capabilities: [{ capability, successRate: 1, costPerOperation: 1 }],
  });
  const [first] = await work(api, 3, true);
  await planes.owner.query(
    `insert into model_calls (tenant_id, call_id, attempt, endpoint, asked, provider, model, step_id, agent_id, status, cost_pico, lease_until, ended_at)
     select tenant_id, app.uuid7(), 1, 'chat', 'm', 'p', 'm', id, lease.executor::uuid, 'succeeded', 2e10, clock_timestamp(), clock_timestamp()
     from steps join lateral (select executor from attempts where step_id = id) lease on true where id = $1`,
    [toUuid("step", first ?? "")],
  );
  await work(api, 1, false);
  expect(await foldAgentEvidence(engine.evidence)).toBe(0);
  expect(await fold()).toBe(4);
  expect(await fold()).toBe(0);
  const { capabilityDetails, recentSteps } = await agentOf(ctx);
  const [detail] = capabilityDetails;
  expect(detail).toMatchObject({
    declared: { successRate: 1, costPerOperation: 1 },
    measured: { successRate: 0.75, samples: 4, costPerOperation: 0.02 },
    evidence: { samples: 4, successes: 3 },
    believed: { successRate: (4 + 3) / 8 },
  });
  expect(detail?.believed.costPerOperation).toBeCloseTo((4 * 1 + 0.02) / 5, 6);
  expect(recentSteps).toHaveLength(4);
  expect(recentSteps[0]).toMatchObject({ outcome: "failed", errorCode: "agent_permanent_error" });
});

test("a lease that ran out counts against the agent; what people decided does not", async () => {
  const { ctx, api } = await anAgent(2);
  await api.claim({ max: 1 });
  await planes.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 s' where tenant_id = $1 and status = 'assigned'",
    [ctx.tenantId],
  );
  await engine.reclaim(10);
  const { steps = [] } = (await api.claim({ max: 1 })).body;
  const [step] = steps;
  const error = { code: "approval_rejected", message: "no" };
  await api.post(`/steps/${step?.id}/fail`, { epoch: step?.epoch, error });
  await fold();
  const { capabilityDetails } = await agentOf(ctx);
  expect(capabilityDetails[0]?.evidence).toMatchObject({ samples: 1, successes: 0 });
});

test("input that does not fit counts for nothing, however often, nor does a quota; a check of it that broke down does", async () => {
  const { ctx, api } = await anAgent(7);
  const { steps = [] } = (await api.claim({ max: 6 })).body;
  for (const [i, { id, epoch }] of steps.entries()) {
    const error =
      i % 2 === 0
        ? { code: "agent_permanent_error", message: "no", stage: "input" }
        : { code: "quota_exceeded", message: "no", stage: "execute" };
    expect((await api.post(`/steps/${id}/fail`, { epoch, error })).status).toBe(200);
  }
  expect(steps).toHaveLength(6);
  expect(await fold()).toBe(0);
  expect(await agentOf(ctx)).toMatchObject({ status: "active", breaker: { outcomes: 0 } });
  const [step] = (await api.claim({ max: 1 })).body.steps ?? [];
  const error = { code: "agent_error", message: "no", stage: "input" };
  await api.post(`/steps/${step?.id}/fail`, { epoch: step?.epoch, error });
  expect(await fold()).toBe(1);
  const { capabilityDetails } = await agentOf(ctx);
  expect(capabilityDetails[0]?.evidence).toMatchObject({ samples: 1, successes: 0 });
});

describe("the breaker", () => {
  test("quarantines an agent whose attempts fail, gives it one step at a time, and lets it back when one succeeds", async () => {
    const { ctx, api } = await anAgent(12);
    await work(api, 5, false);
    await fold();
    expect(await statusOf(ctx)).toBe("quarantined by breaker");
    expect((await api.claim()).body).toMatchObject({ steps: [], status: "quarantined" });

    await trialNow(ctx);
    expect((await api.claim()).body.steps).toHaveLength(1);
    expect((await api.claim()).body.steps).toHaveLength(0);
    await releaseHeld(ctx);
    expect(await work(api, 10, false)).toHaveLength(1);
    await fold();
    const tripped = await agentOf(ctx);
    expect(tripped).toMatchObject({ status: "quarantined", breaker: { open: true, trips: 2 } });

    await trialNow(ctx);
    expect(await work(api, 10, true)).toHaveLength(1);
    await fold();
    expect(await statusOf(ctx)).toBe("active by breaker");
    expect((await api.claim({ max: 3 })).body.steps).toHaveLength(3);
    const { rows } = await planes.owner.query(
      "select actor_type, body::jsonb ->> 'status' as status from audit_log where tenant_id = $1 and verb = 'agent.status_changed' order by seq",
      [ctx.tenantId],
    );
    expect(rows).toEqual([
      { actor_type: "system", status: "quarantined" },
      { actor_type: "system", status: "active" },
    ]);
  });

  test("has no say where people had theirs, before or after", async () => {
    const { ctx, api } = await anAgent(20);
    await work(api, 5, false);
    await quarantineAgent(again(ctx), { agentId: "patcher", reason: "looked at" });
    await fold();
    expect(await statusOf(ctx)).toBe("quarantined by person");
    await trialNow(ctx);
    expect((await api.claim()).body.steps).toEqual([]);

    await resumeAgent(again(ctx), { agentId: "patcher" });
    expect((await agentOf(ctx)).breaker).toMatchObject({ open: false, outcomes: 0 });
    await updateAgent(again(ctx), { agentId: "patcher", breakerEnabled: false });
    await work(api, 5, false);
    await fold();
    expect(await statusOf(ctx)).toBe("active by person");
  });

  test("does not undo what people say while it judges", async () => {
    const { ctx, api } = await anAgent(5);
    await work(api, 5, false);
    const { evidence } = engine;
    await planes.owner.query("update agent_outcomes set at = at - interval '2 s'");
    await foldAgentEvidence({
      ...evidence,
      fold: async (folded) => {
        await resumeAgent(again(ctx), { agentId: "patcher" });
        await evidence.fold(folded);
      },
    });
    expect(await statusOf(ctx)).toBe("active by person");
    expect((await agentOf(ctx)).capabilityDetails[0]?.evidence.samples).toBe(5);
  });

  async function trialNow(ctx: MemberContext) {
    await planes.owner.query(
      `update agent_registry set trial_at = clock_timestamp() - interval '1 h',
         breaker = jsonb_set(breaker, '{until}', to_jsonb(extract(epoch from clock_timestamp() - interval '1 h') * 1000))
       where tenant_id = $1`,
      [ctx.tenantId],
    );
  }

  async function releaseHeld(ctx: MemberContext) {
    await planes.owner.query(
      "update steps set status = 'queued', lease_until = null, lease_owner = null where tenant_id = $1 and status = 'assigned'",
      [ctx.tenantId],
    );
  }
});

test("an agent holds no more than it may at once, over all of its processes", async () => {
  const { ctx, api } = await anAgent(10, { maxConcurrency: 3 });
  const claims = await Promise.all(
    [1, 2, 3, 4].map((n) => api.claim({ max: 2, worker: `runner-${n}` })),
  );
  const taken = claims.flatMap(({ body }) => body.steps ?? []);
  expect(taken).toHaveLength(3);
  expect((await agentOf(ctx)).load).toMatchObject({ inFlight: 3 });
  const [step] = taken;
  await api.post(`/steps/${step?.id}/complete`, { epoch: step?.epoch, output: null });
  expect((await api.claim()).body.steps).toHaveLength(1);
});

describe("demand", () => {
  test("is told of each capability, those that nobody has among them", async () => {
    const { ctx, api } = await anAgent(6);
    await seedRun(planes.owner, ctx.tenantId, [
      { ...agentStep("odd"), capability: "code.sing", arguments: {} },
    ]);
    await api.claim({ max: 2, presence: { slots: 4, busy: 2 } });
    const { capabilities } = await listDemand(ctx);
    expect(capabilities).toMatchObject([
      { capability: "code.patch", ready: 4, inFlight: 2, agents: 1, runners: 1, slots: 4, busy: 2 },
      { capability: "code.sing", ready: 1, agents: 0, runners: 0, slots: 0 },
    ]);
  });

  test("moves a simulated scaler up while work waits, and down to none when it is done", async () => {
    const { ctx, api } = await anAgent(40);
    const ask = () =>
      scaleAgents(ctx, {
        capability: "code.patch",
        perRunner: 4,
        backlogPerPlace: 2,
        targetSeconds: 86_400,
        max: 6,
      });
    const sizes: number[] = [];
    // as KEDA does: what is wanted is there at the next look, and each process takes what it has places for
    for (let runners = 0; sizes.at(-1) !== 0 && sizes.length < 30;) {
      for (let n = 0; n < runners; n++) await work(api, 4, true);
      const { desiredRunners } = await ask();
      runners = desiredRunners;
      sizes.push(desiredRunners);
    }
    expect(sizes[0]).toBe(5);
    expect(sizes.toSorted((a, b) => b - a)).toEqual(sizes);
    expect(sizes.at(-1)).toBe(0);
  });

  test("asks for no more while most of what ends fails, and is within its bounds", () => {
    const demand = {
      tenant_id: "t",
      capability: "code.patch",
      ready: 500,
      oldest_seconds: 90,
      in_flight: 8,
      agents: 1,
      runners: 2,
      slots: 8,
      busy: 8,
      failure_rate: 0.9,
    };
    const question = {
      capability: "code.patch",
      min: 1,
      max: 20,
      backlogPerPlace: 1,
      targetSeconds: 30,
    };
    expect(answerAgentScaler([demand], question).desiredRunners).toBe(2);
    expect(answerAgentScaler([{ ...demand, failure_rate: 0 }], question).desiredRunners).toBe(20);
    expect(answerAgentScaler([], question)).toMatchObject({ desiredRunners: 1, ready: 0 });
  });
});
