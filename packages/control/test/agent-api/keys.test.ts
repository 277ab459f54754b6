import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { authenticateAgent, issueAgentKey, listAgents, registerAgent } from "@nofx/control/agents";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";

let planes: TestPlane;
beforeAll(async () => {
  planes = await createTestPlane();
});
afterAll(() => planes[Symbol.asyncDispose]());

const PATCHER = { name: "patcher", description: "Repairs", capabilities: ["code.patch"] };

test("a supervisor registers an agent and gives it a key that opens its tenant", async () => {
  const tenant = await planes.tenant();
  const { agentId, created } = await registerAgent(await tenant.as("supervisor"), PATCHER);
  expect(created).toBe(true);
  const { key, hint } = await issueAgentKey(await tenant.as("supervisor"), { agentId });
  expect(key).toMatch(/^nofx_ak_[\w-]{43}$/);
  expect(key!.startsWith(hint.slice(0, -1))).toBe(true);
  const ctx = await authenticateAgent(planes.plane, { authorization: `Bearer ${key}` });
  expect(ctx).toMatchObject({
    tenantId: tenant.id,
    name: "patcher",
    capabilities: ["code.patch"],
    actor: { type: "agent", id: toUuid("agent", agentId) },
  });
  const { items } = await listAgents(await tenant.as("viewer"), {});
  expect(items).toMatchObject([{ id: agentId, name: "patcher", status: "active" }]);
  expect(items[0]!.lastSeenAt).not.toBeNull();
  const { rows } = await planes.owner.query(
    "select verb from audit_log where tenant_id = $1 order by seq",
    [tenant.id],
  );
  expect(rows.map((row) => row.verb)).toEqual(["agent.registered", "agent_key.issued"]);
});

test("registering again changes what the agent can do", async () => {
  const tenant = await planes.tenant();
  const first = await registerAgent(await tenant.as("admin"), PATCHER);
  const again = await registerAgent(await tenant.as("admin"), {
    ...PATCHER,
    capabilities: ["code.review"],
  });
  expect(again).toEqual({ agentId: first.agentId, created: false });
  expect((await listAgents(await tenant.as("viewer"), {})).items).toMatchObject([
    { capabilities: ["code.review"] },
  ]);
});

test("a key is shown once and stored nowhere", async () => {
  const tenant = await planes.tenant();
  const { agentId } = await registerAgent(await tenant.as("admin"), PATCHER);
  const ctx = await tenant.as("admin");
  const first = await issueAgentKey(ctx, { agentId });
  const again = await issueAgentKey({ ...ctx, replayed: false }, { agentId });
  expect(again).toEqual({ ...first, key: null });
  const secret = first.key!.slice("nofx_ak_".length);
  for (const table of ["agent_keys", "idempotency_keys", "audit_log", "events"]) {
    const { rows } = await planes.owner.query(
      `select count(*)::int as n from ${table} t where t::text like $1`,
      [`%${secret}%`],
    );
    expect(rows).toEqual([{ n: 0 }]);
  }
});

test("an operator may not, and an agent of another tenant does not exist", async () => {
  const [mine, theirs] = [await planes.tenant(), await planes.tenant()];
  await expect(registerAgent(await mine.as("operator"), PATCHER)).rejects.toMatchObject({
    code: "forbidden",
  });
  const { agentId } = await registerAgent(await theirs.as("admin"), PATCHER);
  await expect(issueAgentKey(await mine.as("admin"), { agentId })).rejects.toMatchObject({
    code: "not_found",
  });
  expect((await listAgents(await mine.as("admin"), {})).items).toEqual([]);
});
