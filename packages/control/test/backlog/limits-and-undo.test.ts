import { readFileSync } from "node:fs";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

async function stepsOf(tenantId: string) {
  const { rows } = await t.owner.query(
    `select name, kind, executor, arguments, undo, pivot, max_failures, deadline_ms from steps
     where tenant_id = $1 order by position`,
    [tenantId],
  );
  return rows;
}

test("the example of docs/backlog.md becomes a run with its kinds, undo, pivot and limits", async () => {
  const page = readFileSync(new URL("../../../../docs/backlog.md", import.meta.url), "utf8");
  const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(operator, { text: example ?? "", format: "yaml" });
  const plan = await createPlan(again(operator), { pack: "release" });
  expect(plan.evaluations.flatMap(({ findings }) => findings.map(({ rule }) => rule))).toEqual([
    "irreversible_without_undo",
    "no_owner",
    "novelty",
    "novelty",
    "approval_needed",
  ]);
  for (const { id } of (await listApprovals(supervisor, {})).items) {
    await decideApproval(again(supervisor), { approvalId: id, decision: "approve" });
  }
  await executePlan(again(operator), { planId: plan.id });
  const [publish, announce] = await stepsOf(tenant.id);
  expect(publish).toMatchObject({
    kind: "shell",
    undo: null,
    pivot: true,
    max_failures: 1,
    deadline_ms: 86_400_000,
  });
  expect(announce).toMatchObject({
    kind: "http",
    executor: "worker",
    arguments: { method: "POST", timeoutSeconds: 30, maxResponseBytes: 65_536 },
    undo: { kind: "http", with: { method: "DELETE", timeoutSeconds: 30 } },
    pivot: false,
    max_failures: 3,
    deadline_ms: 3_600_000,
  });
});

test("changing how an item is undone, or its limits, is a change of the item", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const put = (more: Record<string, unknown>) =>
    importBacklog(again(operator), backlog("p", [shellItem("a", more)]));
  const written = { kind: "shell", with: { script: "rm x" } };
  await put({ undo: { script: "rm x" } });
  expect(await put({ undo: written })).toMatchObject({ unchanged: 1 });
  for (const more of [
    { undo: { kind: "agent", with: { capability: "code.patch" } } },
    { undo: written, pivot: true },
    { undo: written, maxFailures: 4 },
    { undo: written, deadlineSeconds: 60 },
  ]) {
    expect(await put(more)).toMatchObject({ updated: 1 });
  }
});
