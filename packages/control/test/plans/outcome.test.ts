import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan, forecastPlan, getPlanOutcome } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

/** As if workers had done it: each step took as long as the list says, one after the other. */
async function ended(runId: string, seconds: Readonly<Record<string, number>>): Promise<void> {
  const run = toUuid("run", runId);
  await t.owner.query(
    `update steps s set status = 'succeeded', holds = 0, deps_left = 0, started_at = clock_timestamp(),
       finalised_at = clock_timestamp() + (($2::jsonb ->> s.name)::double precision) * interval '1 s'
     where s.run_id = $1`,
    [run, JSON.stringify(seconds)],
  );
  const whole = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  await t.owner.query(
    `update runs set status = 'succeeded', steps_left = 0, started_at = clock_timestamp(),
       finished_at = clock_timestamp() + $2 * interval '1 s' where id = $1`,
    [run, whole],
  );
}

test("what ran is held against what was expected, and the next forecast has learnt from it", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const items = ["a", "b"].map((id) => shellItem(id));
  await importBacklog(operator, backlog("measured", items));
  const first = await createPlan(again(operator), { pack: "measured" });
  expect(first.forecast).toMatchObject({ measuredSteps: 0, naiveMs: null, accuracy: null });
  expect(first.stepList[0]?.estimate).toMatchObject({ basis: "prior", samples: 0 });
  expect(await getPlanOutcome(operator, { planId: first.id })).toMatchObject({
    runId: null,
    steps: [],
    accuracy: { count: 0 },
  });
  const run = await executePlan(again(operator), { planId: first.id });
  await ended(run.runId, { a: 600, b: 400 });
  const told = await getPlanOutcome(operator, { planId: first.id });
  expect(told.durationMs.took).toBeCloseTo(1_000_000, -4);
  expect(told.steps.map(({ name, inRange }) => ({ name, inRange }))).toEqual([
    { name: "a", inRange: false },
    { name: "b", inRange: false },
  ]);
  // there was nothing to guess from yet, so there is nothing to compare with
  expect(told.accuracy.count).toBe(0);

  const second = await createPlan(again(operator), { pack: "measured" });
  expect(second.forecast?.naiveMs).toBeCloseTo(500_000, -4);
  expect(second.forecast?.measuredSteps).toBe(2);
  const estimate = second.stepList[0]?.estimate;
  expect(estimate).toMatchObject({ basis: "telemetry", samples: 3 });
  expect(estimate?.durationMs.p50).toBeGreaterThan(100_000);
  expect(second.forecast?.successOdds).toBeGreaterThan(first.forecast?.successOdds ?? 1);

  const rerun = await executePlan(again(operator), { planId: second.id });
  await ended(rerun.runId, { a: 600, b: 400 });
  const { accuracy } = await getPlanOutcome(operator, { planId: second.id });
  expect(accuracy).toMatchObject({ count: 2, coverage: 1 });
  expect(accuracy.naiveError).toBeCloseTo((100 / 600 + 100 / 400) / 2, 2);
  const next = await forecastPlan(operator, { pack: "measured" });
  expect(next.forecast.accuracy).toEqual(accuracy);
});

test("what one tenant's steps took says nothing to another", async () => {
  const operator = await (await t.tenant()).as("operator");
  await importBacklog(operator, backlog("measured", [shellItem("a")]));
  const { forecast } = await forecastPlan(operator, { pack: "measured" });
  expect(forecast).toMatchObject({ measuredSteps: 0, naiveMs: null, accuracy: null });
});

test("a pack that is not there, and a plan that is off", async () => {
  const operator = await (await t.tenant()).as("operator");
  await expect(forecastPlan(operator, { pack: "nowhere" })).rejects.toMatchObject({
    code: "not_found",
  });
});
