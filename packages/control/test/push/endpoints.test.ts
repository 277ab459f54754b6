import { registerAgent, revokeAgentKey, listAgentKeys } from "@nofx/control/agents";
import type { MemberContext } from "@nofx/control/command";
import {
  getAgentEndpoint,
  removeAgentEndpoint,
  rotateAgentEndpointSecret,
  setAgentEndpoint,
  switchAgentEndpoint,
} from "@nofx/control/push";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { seedRun } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";

let t: TestPlane;
let engine: WorkerEngine;
let supervisor: MemberContext;
let operator: MemberContext;
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "pusher",
    max: 2,
  });
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const tenant = await t.tenant();
  supervisor = await tenant.as("supervisor");
  operator = await tenant.as("operator");
  await registerAgent(again(supervisor), { name: "thumbs", capabilities: ["test.work"] });
});

const one = { agentId: "thumbs" };
const url = "https://functions.example.org/steps?token=abc";
const set = (more: object = {}) => setAgentEndpoint(again(supervisor), { ...one, url, ...more });

/** What a worker would post for this tenant, with one step to do. */
async function posted() {
  await seedRun(t.owner, supervisor.tenantId, [
    { name: "s", kind: "agent", arguments: { capability: "test.work", input: {} } },
  ]);
  const leases = await engine.push.claim({ limit: 100, batch: 1, leaseMs: 30_000 });
  return leases.find(({ tenant_id }) => tenant_id === supervisor.tenantId);
}

test("its secret is shown once; changed, it keeps its secret and its key", async () => {
  const made = await set();
  expect(made.secret).toMatch(/^whsec_/);
  expect(made.endpoint).toMatchObject({ url, maxConcurrency: 10, status: "active", attempts: 0 });
  const changed = await set({ maxConcurrency: 3, timeoutSeconds: 60 });
  expect(changed).toMatchObject({
    secret: null,
    endpoint: { maxConcurrency: 3, timeoutSeconds: 60 },
  });
  expect(await posted()).toMatchObject({ url, secrets: [made.secret], timeout_seconds: 60 });
  const { keys } = await listAgentKeys(supervisor, one);
  expect(keys).toMatchObject([{ name: "push endpoint", status: "active" }]);
});

test("while a secret is replaced both sign", async () => {
  const { secret } = await set();
  const rotated = await rotateAgentEndpointSecret(again(supervisor), one);
  expect(await posted()).toMatchObject({ secrets: [rotated.secret, secret] });
});

test("switched off it is posted nothing, and nothing when its key is revoked or it is removed", async () => {
  const { endpoint } = await set();
  await switchAgentEndpoint(again(supervisor), { ...one, active: false });
  expect(await posted()).toBeUndefined();
  expect(await getAgentEndpoint(operator, one)).toMatchObject({ disabledReason: "by_member" });
  await switchAgentEndpoint(again(supervisor), { ...one, active: true });
  expect(await posted()).toMatchObject({ agent_id: toUuid("agent", endpoint.agentId) });

  const { keys } = await listAgentKeys(supervisor, one);
  await revokeAgentKey(again(supervisor), { ...one, keyId: keys[0]!.id });
  expect(await posted()).toBeUndefined();

  await removeAgentEndpoint(again(supervisor), one);
  expect(await refusal(getAgentEndpoint(operator, one))).toMatchObject({ code: "not_found" });
  await set();
  expect(await posted()).toBeDefined();
});

test("what is inside is not posted to, an operator sets nothing, and another tenant's agent is none", async () => {
  for (const inside of ["http://127.0.0.1:9/", "https://169.254.169.254/", "http://example.org/"]) {
    expect(await refusal(set({ url: inside }))).toMatchObject({ code: "invalid_input" });
  }
  expect(await refusal(setAgentEndpoint(again(operator), { ...one, url }))).toMatchObject({
    code: "forbidden",
  });
  const { endpoint } = await set();
  const stranger = await (await t.tenant()).as("supervisor");
  const foreign = { agentId: endpoint.agentId };
  const attempts = [
    () => setAgentEndpoint(again(stranger), { ...foreign, url }),
    () => switchAgentEndpoint(again(stranger), { ...foreign, active: false }),
    () => rotateAgentEndpointSecret(again(stranger), foreign),
    () => removeAgentEndpoint(again(stranger), foreign),
    () => getAgentEndpoint(stranger, foreign),
  ];
  for (const attempt of attempts) {
    expect(await refusal(attempt())).toMatchObject({ code: "not_found" });
  }
});

test("an endpoint that fails for a day is disabled, and the tenant is told", async () => {
  const { endpoint } = await set();
  const agentId = toUuid("agent", endpoint.agentId);
  const failed = { outcome: "failed", restMs: 1_000, giveUpMs: 86_400_000, error: "no" } as const;
  expect(await engine.push.noted(agentId, failed)).toBe("rests");
  // calls that failed side by side count once
  expect(await engine.push.noted(agentId, failed)).toBe("rests");
  expect(await getAgentEndpoint(operator, one)).toMatchObject({ attempts: 1, lastError: "no" });
  await t.owner.query(
    "update agent_endpoints set failing_since = clock_timestamp() - interval '25 hours' where agent_id = $1",
    [agentId],
  );
  expect(await engine.push.noted(agentId, failed)).toBe("disabled");
  expect(await getAgentEndpoint(operator, one)).toMatchObject({ disabledReason: "failing" });
  const { rows } = await t.owner.query(
    "select payload from events where tenant_id = $1 and type = 'agent.endpoint_disabled'",
    [supervisor.tenantId],
  );
  expect(rows).toEqual([{ payload: { agent_id: agentId, reason: "failing" } }]);
});
