import { createBell } from "@nofx/control/steps";
import { system } from "@nofx/control/seams";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitingRoom, type Wait, type Woken } from "../../src/steps/waiting-room.ts";
import { agentStep, startAgentApi, type AgentApi } from "./harness.ts";

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Claims that wait, by number, and why each was let go. */
async function waiting(tenantId: string, count: number, wait: Partial<Wait> = {}, faster = 1) {
  const bell = createBell(system.clock);
  const clock = { ...system.clock, now: () => system.clock.now() * faster };
  const room = waitingRoom({ ...api.plane, clock }, bell);
  const gone = new AbortController();
  const woken = new Map<number, Woken>();
  const { id: agentId } = await api.agent(tenantId);
  const { rows } = await api.owner.query<{ id: string }>(
    "select id from agent_keys where agent_id = $1",
    [agentId],
  );
  const all = Array.from({ length: count }, async (_, i) => {
    const why = await room.wait({
      tenantId,
      agentId,
      capabilities: ["test.work"],
      max: 1,
      keyId: rows[0]!.id,
      since: bell.rings,
      ms: 60_000,
      signal: gone.signal,
      ...wait,
    });
    woken.set(i, why);
  });
  const end = async () => {
    gone.abort();
    await Promise.all(all);
  };
  return { bell, woken, all, end, keyId: rows[0]!.id };
}

test("as many are let go as there is work for, who came first before the others", async () => {
  const tenant = await api.tenant();
  const { bell, woken, all, end } = await waiting(tenant, 30);
  await api.run(
    tenant,
    ["a", "b", "c"].map((name) => agentStep(name)),
  );
  bell.ring();
  await Promise.all(all.slice(0, 3));
  expect([...woken]).toEqual([
    [0, "work"],
    [1, "work"],
    [2, "work"],
  ]);
  // nobody took it: the next ones are asked
  await Promise.all(all.slice(3, 6));
  await end();
  expect([...woken.values()].filter((why) => why === "time").length).toBeGreaterThan(0);
});

test("one that takes many counts as many; work of other tenants and capabilities wakes nobody", async () => {
  const tenant = await api.tenant();
  const { bell, woken, all, end } = await waiting(tenant, 2, { max: 10 });
  await api.run(await api.tenant(), [agentStep("foreign")]);
  await api.run(tenant, [agentStep("other", { capability: "deploy" })]);
  bell.ring();
  const again = await waiting(tenant, 1, { capabilities: ["deploy"] });
  await again.all[0];
  await again.end();
  expect(woken.size).toBe(0);
  await api.run(
    tenant,
    ["a", "b", "c"].map((name) => agentStep(name)),
  );
  bell.ring();
  await all[0];
  expect([...woken]).toEqual([[0, "work"]]);
  await end();
});

test("what rang between a look and the wait is not missed", async () => {
  const tenant = await api.tenant();
  await api.run(tenant, [agentStep("a")]);
  const { woken, all } = await waiting(tenant, 1, { since: -1 });
  await all[0];
  expect(woken.get(0)).toBe("work");
});

test("a key that is revoked is sent to be checked, however long its claim would wait", async () => {
  const tenant = await api.tenant();
  const { woken, all, keyId, bell } = await waiting(tenant, 1, {}, 1_000);
  await api.owner.query("update agent_keys set revoked_at = clock_timestamp() where id = $1", [
    keyId,
  ]);
  bell.ring();
  await all[0];
  expect(woken.get(0)).toBe("key");
});
