import { createAgent, quarantineAgent, resumeAgent } from "@nofx/control/agents";
import { importBacklog, listBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan, getPlan } from "@nofx/control/plans";
import { getRun, listRuns, pauseRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

async function executed(item: Record<string, unknown>) {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  await importBacklog(again(operator), backlog("p", [item]));
  const { id: planId } = await createPlan(again(operator), { pack: "p" });
  const { runId } = await executePlan(again(operator), { planId });
  const look = async () => ({
    listed: (await listRuns(operator, {})).items[0]?.waitingFor,
    run: (await getRun(operator, { runId })).waitingFor,
    blockers: (await getPlan(operator, { planId })).blockers,
    item: (await listBacklog(operator, {})).items[0]?.state,
  });
  return { tenant, operator, runId, look };
}

test("a run that nobody can execute says so, wherever it would be called running", async () => {
  const agent = shellItem("a", { kind: "agent", with: { capability: "bake.bread" } });
  const { operator, runId, look } = await executed(agent);
  const nobody = "Nobody can execute it: no active agent offers bake.bread.";
  expect(await look()).toEqual({
    listed: nobody,
    run: nobody,
    blockers: [`Its run has begun. ${nobody}`],
    item: "waiting",
  });
  await pauseRun(again(operator), { runId });
  expect(await look()).toMatchObject({ listed: "Paused.", run: "Paused." });
});

test("where the only agent that would is quarantined, it says which and by whom", async () => {
  const item = shellItem("a", { kind: "agent", with: { capability: "bake.cake" } });
  const { tenant, look } = await executed(item);
  const agents = await tenant.as("supervisor");
  await createAgent(agents, { name: "oven", capabilities: ["bake.cake"] });
  await quarantineAgent(again(agents), { agentId: "oven", reason: "too hot" });
  const nobody = "Nobody can execute it: no active agent offers bake.cake";
  expect((await look()).run).toBe(`${nobody} (oven was quarantined by a person: too hot).`);
  await t.owner.query("update agent_registry set status_by = 'breaker' where tenant_id = $1", [
    tenant.id,
  ]);
  const byItself = "oven was quarantined by its breaker, which tries it again by itself";
  expect((await look()).listed).toBe(`${nobody} (${byItself}).`);
  await resumeAgent(again(agents), { agentId: "oven" });
  expect((await look()).run).not.toContain("Nobody");
});

test("one that waits for an approval says so, and one that is at work says nothing", async () => {
  const asked = await executed(shellItem("a", { sensitive: true }));
  expect(await asked.look()).toMatchObject({ listed: "Waits for an approval.", item: "waiting" });
  const busy = await executed(shellItem("a"));
  expect(await busy.look()).toMatchObject({ listed: "Waits for a free worker." });
  const uuid = toUuid("run", busy.runId);
  await t.owner.query(
    "update steps set status = 'running', lease_owner = 'w', epoch = 1, lease_until = clock_timestamp() + interval '1 minute' where run_id = $1",
    [uuid],
  );
  await t.owner.query("update runs set status = 'running' where id = $1", [uuid]);
  expect(await busy.look()).toEqual({
    listed: null,
    run: null,
    blockers: ["It is being executed right now."],
    item: "running",
  });
});
