import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpoint, expireApprovals, requestApproval, type ClaimedStepRow } from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const ask = (step: ClaimedStepRow, name = "go") =>
  requestApproval(
    engine.worker,
    { stepId: step.id, epoch: step.epoch, tenantId: null },
    {
      name,
      title: step.title,
      question: "Go on?",
      why: "It asks.",
      arguments: { n: 1 },
      argumentsDigest: "d",
      requester: "w1",
      expiresMs: 60_000,
    },
  );

async function decide(approvalId: string, status: string): Promise<void> {
  await engine.owner.query(
    "update approvals set status = $2, decided_at = clock_timestamp() where id = $1",
    [approvalId, status],
  );
  await sql`select engine.apply_approval(${approvalId}::uuid, 'member', 'm1')`.execute(
    engine.worker,
  );
}

async function claimNew() {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "a", kind: "approval" },
    { name: "b", needs: ["a"] },
  ]);
  const claim = async () => (await engine.claim()).find((step) => step.run_id === run.id);
  return { run, tenant, claim, step: (await claim())! };
}

test("asking holds the step, waiting uses no attempt, and the answer is there when it is claimed anew", async () => {
  const { claim, step } = await claimNew();
  await checkpoint(
    engine.worker,
    { stepId: step.id, epoch: step.epoch, tenantId: null },
    "half",
    50,
  );
  const asked = await ask(step);
  expect(asked).toMatchObject({ held: true, status: "pending" });
  expect(await engine.step(step.id)).toMatchObject({
    status: "queued",
    holds: 2,
    failures: 0,
    crashes: 0,
    lease_owner: null,
  });
  expect(await claim()).toBeUndefined();
  expect((await engine.settle([done(step)])).settled.results).toMatchObject([{ result: "stale" }]);

  await decide(asked.approval_id, "approved");
  const again = await claim();
  expect(again).toMatchObject({
    epoch: 2,
    failures: 0,
    approvals: [{ name: "go", status: "approved", arguments: { n: 1 } }],
    checkpoints: [{ name: "half", value: 50 }],
  });
  expect(await ask(again!)).toMatchObject({
    held: false,
    status: "approved",
    approval_id: asked.approval_id,
  });
  expect((await engine.settle([done(again!)])).settled.for_workers).toBe(1);
});

test("a rejection lets the asking step go: its executor hears it", async () => {
  const { claim, step } = await claimNew();
  const asked = await ask(step);
  await decide(asked.approval_id, "rejected");
  expect(await claim()).toMatchObject({ approvals: [{ name: "go", status: "rejected" }] });
});

test("nobody answers: the question expires, is audited, and never counts as a yes", async () => {
  const { claim, step, tenant } = await claimNew();
  const asked = await ask(step);
  expect(await expireApprovals(engine.worker, 10)).toBe(0);
  await engine.owner.query("update approvals set expires_at = clock_timestamp() where id = $1", [
    asked.approval_id,
  ]);
  expect(await expireApprovals(engine.worker, 10)).toBe(1);
  expect(await claim()).toMatchObject({ approvals: [{ status: "expired" }] });
  const { rows } = await engine.owner.query(
    "select verb from audit_log where tenant_id = $1 order by seq",
    [tenant.id],
  );
  expect(rows).toEqual([{ verb: "approval.requested" }, { verb: "approval.decided" }]);
});

test("a sensitive step fails on a no, with what needs it", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "publish", sensitive: true },
    { name: "verify", needs: ["publish"] },
  ]);
  const { rows } = await engine.owner.query(
    `insert into approvals (tenant_id, subject, plan_step_id, step_id, title, question, why, arguments, arguments_digest,
       requested_by_type, requested_by, requested_by_name, expires_at, correlation_id)
     select tenant_id, 'plan_step', plan_step_id, id, name, '?', 'sensitive', arguments, '', 'member', 'm', 'm',
       clock_timestamp() + interval '1 hour', correlation_id
     from steps where id = $1 returning id`,
    [run.steps["publish"]],
  );
  await decide(rows[0].id, "rejected");
  expect(await engine.step(run.steps["publish"]!)).toMatchObject({
    status: "failed",
    error: { code: "approval_rejected" },
  });
  expect(await engine.step(run.steps["verify"]!)).toMatchObject({ status: "cancelled" });
});

test("questions of steps that can never run are closed", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "a" },
    { name: "asks", needs: ["a"], sensitive: true },
  ]);
  await engine.owner.query(
    `insert into approvals (tenant_id, subject, plan_step_id, step_id, title, question, why, arguments, arguments_digest,
       requested_by_type, requested_by, requested_by_name, expires_at, correlation_id)
     select tenant_id, 'plan_step', plan_step_id, id, name, '?', 'sensitive', arguments, '', 'member', 'm', 'm',
       clock_timestamp() + interval '1 hour', correlation_id
     from steps where id = $1`,
    [run.steps["asks"]],
  );
  const a = (await engine.claim()).find((step) => step.run_id === run.id)!;
  await engine.settle([
    {
      stepId: a.id,
      epoch: a.epoch,
      outcome: "failed",
      error: { code: "exit_nonzero", message: "no" },
    },
  ]);
  const { rows } = await engine.owner.query("select status from approvals where step_id = $1", [
    run.steps["asks"],
  ]);
  expect(rows).toEqual([{ status: "cancelled" }]);
});
