import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { getRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";
import { pending } from "./harness.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

/** A plan of one sensitive step, and the question about it. */
async function planned(item: Record<string, unknown>) {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(operator, backlog("p", [item]));
  const plan = await createPlan(again(operator), { pack: "p" });
  const approval = await pending(supervisor);
  return {
    supervisor,
    approval,
    run: async () => {
      const { runId } = await executePlan(again(operator), { planId: plan.id });
      return getRun(operator, { runId });
    },
  };
}

test.each([
  ["ran out", "expires_at = clock_timestamp()"],
  ["is used up", "consumed_at = clock_timestamp()"],
])("a yes to a step of a plan that %s before the run begins is asked for anew", async (_, set) => {
  const { supervisor, approval, run } = await planned(shellItem("ship", { sensitive: true }));
  await decideApproval(again(supervisor), { approvalId: approval.id, decision: "approve" });
  await t.owner.query(`update approval_grants set ${set} where approval_id = $1`, [
    toUuid("approval", approval.id),
  ]);
  expect((await run()).stepList).toMatchObject([{ holds: ["approval"] }]);
  const { items } = await listApprovals(supervisor, {});
  expect(items).toMatchObject([{ subject: "plan_step", blocking: true }]);
  expect(items[0]?.id).not.toBe(approval.id);
});

test("a yes of before there were grants stands, and one that runs out while it is used is none", async () => {
  const { supervisor, approval, run } = await planned(shellItem("ship", { sensitive: true }));
  await decideApproval(again(supervisor), { approvalId: approval.id, decision: "approve" });
  const id = toUuid("approval", approval.id);
  const { rows } = await t.owner.query(
    "delete from approval_grants where approval_id = $1 returning *",
    [id],
  );
  expect(rows).toHaveLength(1);
  const { id: runId, stepList } = await run();
  expect(stepList).toMatchObject([{ holds: [] }]);
  await t.owner.query(
    "insert into approval_grants (tenant_id, approval_id, arguments_digest, expires_at) values ($1, $2, 'd', clock_timestamp())",
    [supervisor.tenantId, id],
  );
  await expect(
    t.owner.query(
      "with me as materialized (select set_config('request.jwt.claims', $2, true)) select engine.use_answers($1) from me",
      [toUuid("run", runId), JSON.stringify({ sub: supervisor.actor.id })],
    ),
  ).rejects.toMatchObject({ code: "40001" });
});

test("a step of an agent that is edited to another capability is for agents of that", async () => {
  const item = {
    id: "ship",
    title: "ship",
    kind: "agent",
    with: { capability: "ops.ship", input: {} },
    owner: "team",
    sensitive: true,
  };
  for (const before of [true, false]) {
    const { supervisor, approval, run } = await planned(item);
    if (!before) await run();
    await decideApproval(again(supervisor), {
      approvalId: approval.id,
      decision: "approve_with_changes",
      arguments: { ...approval.arguments, with: { capability: "ops.other", input: {} } },
    });
    if (before) await run();
    const { rows } = await t.owner.query(
      "select s.capability from steps s join approvals a on a.step_id = s.id where a.id = $1",
      [toUuid("approval", approval.id)],
    );
    expect(rows).toEqual([{ capability: "ops.other" }]);
  }
});
