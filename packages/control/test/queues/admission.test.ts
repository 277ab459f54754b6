import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { createPlan, executePlan } from "@nofx/control/plans";
import { limitQueue } from "@nofx/control/queues";
import { submitTasks } from "@nofx/control/tasks";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let plane: TestPlane;
let operator: MemberContext;
beforeAll(async () => {
  plane = await createTestPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  await plane.owner.query("delete from claim_rules");
  operator = await (await plane.tenant()).as("operator");
});

const submit = (n: number, queue = "default", ctx = again(operator)) =>
  submitTasks(ctx, {
    tasks: Array.from({ length: n }, () => ({ kind: "shell", with: { script: ":" }, queue })),
  });
const queued = async () =>
  (
    await plane.owner.query(
      `select (select count(*) from steps where tenant_id = $1)::integer as steps, (select count(*) from runs where tenant_id = $1)::integer as runs,
         (select count(*) from events where tenant_id = $1 and type = 'tasks.queued')::integer as told`,
      [operator.tenantId],
    )
  ).rows[0];

test("tasks beyond the ceiling are refused whole, with what to do; the same request goes in when there is room", async () => {
  await limitQueue(again(operator), { maxQueued: 10 });
  await submit(6);
  const waiting = again(operator, "the-same-key");
  const error = await refusal(submit(5, "default", waiting));
  expect(error).toMatchObject({
    code: "queue_full",
    status: 429,
    retryAfterSeconds: 5,
    data: { queue: null, limit: 10 },
  });
  expect(error.detail).toContain("Idempotency-Key");
  expect(await queued()).toEqual({ steps: 6, runs: 6, told: 1 });
  expect((await submit(4)).runs).toHaveLength(4);
  await plane.owner.query(
    "update steps set status = 'cancelled', finalised_at = clock_timestamp() where tenant_id = $1",
    [operator.tenantId],
  );
  expect((await submit(5, "default", waiting)).runs).toHaveLength(5);
  expect((await refusal(submit(11))).detail).toContain("never fit");
});

test("a ceiling of a queue holds for that queue alone, and one of the plane over all tenants", async () => {
  await limitQueue(again(operator), { queue: "mail", maxQueued: 3 });
  expect((await refusal(submit(4, "mail"))).data).toEqual({ queue: "mail", limit: 3 });
  await submit(4);
  const boss = await (await plane.tenant()).as("operator");
  await plane.owner.query("update tenants set operates_plane = true where id = $1", [
    boss.tenantId,
  ]);
  const { rows } = await plane.owner.query<{ n: number }>(
    "select count(*)::integer as n from steps where status = 'queued'",
  );
  await limitQueue(again(boss), { plane: true, maxQueued: (rows[0]?.n ?? 0) + 2 });
  expect((await refusal(submit(3))).detail).toContain("The plane");
  expect((await refusal(submit(3, "default", again(boss)))).code).toBe("queue_full");
  await submit(2);
});

test("a plan is not executed into a full queue, and stays approved", async () => {
  const { document } = backlog("full", [
    shellItem("one"),
    shellItem("two", { needs: ["one"] }),
    shellItem("three"),
  ]);
  await importBacklog(again(operator), { document });
  const plan = await createPlan(again(operator), { pack: "full" });
  await limitQueue(again(operator), { maxQueued: 2 });
  expect((await refusal(executePlan(again(operator), { planId: plan.id }))).code).toBe(
    "queue_full",
  );
  expect(await queued()).toMatchObject({ steps: 0, runs: 0 });
  await limitQueue(again(operator), { maxQueued: 4 });
  await executePlan(again(operator), { planId: plan.id });
  // held steps count too
  expect((await refusal(submit(2))).code).toBe("queue_full");
});
