import { requestApproval } from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

test("what a step asks people is in the audit log, once however often it asks", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a", kind: "approval" }]);
  const step = (await engine.claim()).find((one) => one.run_id === run.id);
  if (step === undefined) throw new Error("nothing was claimed");
  const held = { stepId: step.id, epoch: step.epoch, tenantId: null };
  const question = {
    name: "go",
    title: "a",
    question: "Go on?",
    why: "It asks.",
    arguments: { n: 1 },
    argumentsDigest: "d",
    requester: "w1",
    expiresMs: 60_000,
  };
  await requestApproval(engine.worker, held, question);
  await requestApproval(engine.worker, held, question).catch(() => undefined);
  const { rows } = await engine.owner.query<{ actor: string; body: string }>(
    "select actor_type || ':' || actor_id as actor, body from audit_log where tenant_id = $1 and verb = 'approval.requested'",
    [tenant.id],
  );
  expect(rows.map((row) => row.actor)).toEqual(["worker:w1"]);
  expect(JSON.parse(rows[0]?.body ?? "")).toMatchObject({
    subject: "step",
    run_id: run.id,
    step_id: step.id,
    arguments_digest: "d",
  });
});
