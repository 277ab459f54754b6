import { afterAll, beforeAll, expect, test } from "vitest";
import { expireDeadlines, type Settlement } from "@nofx/db/leases";
import { seedRun, seedTenant, type StepDraft } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function start(steps: StepDraft[]) {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, steps);
  const claim = async () => (await engine.claim("w1")).filter((step) => step.run_id === run.id);
  const letters = async () =>
    (
      await engine.owner.query(
        "select stage, reason, failures, crashes, jsonb_array_length(history) as attempts from dead_letters where run_id = $1",
        [run.id],
      )
    ).rows;
  return { tenant, run, claim, letters };
}

const lost = (step: { id: string; epoch: number }, retryMs?: number, dependency?: string) =>
  ({
    stepId: step.id,
    epoch: step.epoch,
    outcome: "failed",
    error: { code: "http_unavailable", message: "no answer" },
    retryMs,
    dependency,
  }) satisfies Settlement;

/** Lets so many milliseconds pass for the times of a step. */
const pass = (stepId: string, ms: number) =>
  engine.owner.query(
    `update steps set run_at = run_at - $2 * interval '1 ms', deadline_at = deadline_at - $2 * interval '1 ms' where id = $1`,
    [stepId, ms],
  );

test("the first claim sets the deadline, and a later one does not move it", async () => {
  const { claim, run } = await start([{ name: "a", deadlineMs: 60_000 }]);
  expect(await engine.step(run.steps["a"]!)).toMatchObject({ deadline_at: null });
  const [first] = await claim();
  const { deadline_at } = await engine.step(first!.id);
  await engine.settle([lost(first!, 1_000)]);
  await pass(first!.id, 1_000);
  expect((await claim()).length).toBe(1);
  const moved = (await engine.step(first!.id))["deadline_at"] as Date;
  expect(moved.getTime()).toBe((deadline_at as Date).getTime() - 1_000);
});

test("a retry that would begin after the deadline is not made: the step fails with a letter that says so", async () => {
  const { claim, run, letters } = await start([{ name: "a", deadlineMs: 5_000 }]);
  await engine.settle([lost((await claim())[0]!, 10_000)]);
  expect(await engine.step(run.steps["a"]!)).toMatchObject({
    status: "failed",
    error: { code: "http_unavailable", past_deadline: true },
  });
  expect(await letters()).toEqual([
    { stage: "execute", reason: "deadline", failures: 1, crashes: 0, attempts: 1 },
  ]);
});

test("a queued step whose time is over fails; one that waits for people does not", async () => {
  const { claim, run, letters } = await start([{ name: "a" }, { name: "b" }]);
  await engine.settle((await claim()).map((step) => lost(step, 1_000)));
  await engine.owner.query("update steps set holds = 2 where id = $1", [run.steps["b"]]);
  for (const id of Object.values(run.steps)) await pass(id, 86_400_000);
  expect(await expireDeadlines(engine.worker, 100)).toBe(1);
  expect(await engine.step(run.steps["a"]!)).toMatchObject({ status: "failed" });
  expect(await engine.step(run.steps["b"]!)).toMatchObject({ status: "queued" });
  expect(await letters()).toMatchObject([{ reason: "deadline" }]);
});

test("no attempt begins after the deadline, also before the sweep has come by", async () => {
  const { claim, run } = await start([{ name: "a" }, { name: "late" }]);
  const late = run.steps["late"]!;
  const retry = async () => engine.settle((await claim()).map((step) => lost(step, 1_000)));
  await retry();
  await pass(run.steps["a"]!, 1_000);
  await pass(late, 86_400_000);
  expect((await claim()).map((step) => step.name)).toEqual(["a"]);
  // nor the last attempt that crashes leave
  await engine.owner.query("update steps set crashes = max_crashes - 1 where id = $1", [late]);
  expect(await claim()).toEqual([]);
  expect(await expireDeadlines(engine.worker, 100)).toBe(1);
  expect(await engine.step(late)).toMatchObject({ status: "failed", epoch: 1 });
});

test("retries spent leave a letter with each attempt in it", async () => {
  const { claim, letters, run } = await start([{ name: "a", maxFailures: 3 }]);
  for (const _ of [1, 2, 3]) {
    await engine.settle([lost((await claim())[0]!, 1_000)]);
    await pass(run.steps["a"]!, 1_000);
  }
  expect(await letters()).toEqual([
    { stage: "execute", reason: "retries_exhausted", failures: 3, crashes: 0, attempts: 3 },
  ]);
});

test("a failure that says all there is to say leaves no letter", async () => {
  const { claim, letters } = await start([{ name: "a" }]);
  const [step] = await claim();
  await engine.settle([
    {
      stepId: step!.id,
      epoch: step!.epoch,
      outcome: "failed",
      error: { code: "exit_nonzero", message: "1" },
    },
  ]);
  expect(await letters()).toEqual([]);
});

test("a dependency that is down gets ten retries, and then a tenth of what succeeds", async () => {
  const names = Array.from({ length: 13 }, (_, i) => `s${i}`);
  const { tenant, claim, run } = await start(names.map((name) => ({ name, maxFailures: 9 })));
  const waits = async () => {
    const { rows } = await engine.owner.query(
      `select round(extract(epoch from run_at - clock_timestamp()))::int as seconds from steps
       where run_id = $1 and status = 'queued' order by 1`,
      [run.id],
    );
    return rows.map((row) => row.seconds as number);
  };
  const steps = await claim();
  const [kept, ...down] = steps;
  await engine.settle(down.map((step) => lost(step, 1_000, "http:x.test")));
  expect((await waits()).filter((seconds) => seconds <= 1).length).toBe(10);
  expect((await waits()).filter((seconds) => seconds >= 59).length).toBe(2);
  // what another dependency or another tenant does is its own affair
  await engine.settle([lost(kept!, 1_000, "http:y.test")]);
  expect((await waits()).filter((seconds) => seconds <= 1).length).toBe(11);

  const more = await seedRun(
    engine.owner,
    tenant.id,
    names.map((name) => ({ name })),
  );
  const others = (await engine.claim("w1")).filter((step) => step.run_id === more.id);
  await engine.settle(
    others.slice(0, 10).map((step) => ({ ...done(step), dependency: "http:x.test" })),
  );
  const { rows } = await engine.owner.query(
    "select tokens::float from retry_budgets where tenant_id = $1 and dependency = 'http:x.test'",
    [tenant.id],
  );
  expect(rows).toEqual([{ tokens: 1 }]);
});
