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
  const operator = await (await t.tenant()).as("operator");
  await importBacklog(again(operator), backlog("p", [item]));
  const { id: planId } = await createPlan(again(operator), { pack: "p" });
  const { runId } = await executePlan(again(operator), { planId });
  const look = async () => ({
    listed: (await listRuns(operator, {})).items[0]?.waitingFor,
    run: (await getRun(operator, { runId })).waitingFor,
    blockers: (await getPlan(operator, { planId })).blockers,
    item: (await listBacklog(operator, {})).items[0]?.state,
  });
  return { operator, runId, look };
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
