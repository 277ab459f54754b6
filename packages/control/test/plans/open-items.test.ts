import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan, forecastPlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("what is done is left out, unless it is needed, has changed, or is asked for", async () => {
  const operator = await (await t.tenant()).as("operator");
  const items = [shellItem("a"), shellItem("b", { needs: ["a"] }), shellItem("c"), shellItem("d")];
  await importBacklog(again(operator), backlog("p", items));
  const open = { pack: "p", open: true };
  const first = await createPlan(again(operator), open);
  expect(first.steps).toBe(4);
  const { runId } = await executePlan(again(operator), { planId: first.id });
  await t.owner.query(
    `update steps set status = 'succeeded', finalised_at = clock_timestamp() where run_id = $1 and name <> 'b'`,
    [toUuid("run", runId)],
  );
  const next = await forecastPlan(operator, open);
  expect(next.stepList.map(({ name }) => name).toSorted()).toEqual(["a", "b"]);
  expect(next.leftOut).toBe(2);
  const changed = items.map((item) => (item.id === "c" ? { ...item, title: "Again" } : item));
  await importBacklog(again(operator), backlog("p", changed));
  expect((await forecastPlan(operator, open)).leftOut).toBe(1);
  expect((await forecastPlan(operator, { pack: "p" })).steps).toBe(4);
  expect((await forecastPlan(operator, { ...open, items: ["d"] })).steps).toBe(1);

  await t.owner.query(
    "update steps set status = 'succeeded', holds = 0, deps_left = 0, finalised_at = clock_timestamp() where run_id = $1",
    [toUuid("run", runId)],
  );
  await t.owner.query("update backlog_items set updated_at = created_at where tenant_id = $1", [
    operator.tenantId,
  ]);
  expect(await refusal(forecastPlan(operator, open))).toMatchObject({
    code: "plan_invalid",
    detail: expect.stringContaining("Every item of p is done"),
  });
});
