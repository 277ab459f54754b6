import { importBacklog, listBacklog } from "@nofx/control/backlog";
import { getArtifactLineage, getItemLineage } from "@nofx/control/lineage";
import { createPlan, executePlan } from "@nofx/control/plans";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("from an item, and from an artifact back: versions, verdicts, approvals, runs and files of that item alone", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  const items = [shellItem("a", { sensitive: true }), shellItem("b")];
  await importBacklog(operator, backlog("p", items));
  await createPlan(again(operator), { pack: "p" });
  const plan = await createPlan(again(operator), { pack: "p" });
  const { items: asked } = await listApprovals(supervisor, {});
  const about = asked.find((one) => one.subject === "plan_step");
  await decideApproval(again(supervisor), {
    approvalId: about?.id ?? "",
    decision: "approve",
    reason: "it is fine",
  });
  const { runId } = await executePlan(again(operator), { planId: plan.id });
  const { rows } = await t.owner.query<{ id: string }>(
    `insert into artifacts (tenant_id, run_id, step_id, epoch, name, content_type, size, sha256, path, stored_at)
     select tenant_id, run_id, id, 1, name || '.txt', 'text/plain', 4, repeat('0', 64), id::text, clock_timestamp()
     from steps where tenant_id = $1 order by name returning id`,
    [tenant.id],
  );
  const [first] = (await listBacklog(operator, {})).items;
  const itemId = first?.id ?? "";

  const lineage = await getItemLineage(operator, { itemId });
  expect(lineage).toMatchObject({
    item: { id: itemId, key: "a", pack: "p" },
    artifact: null,
    task: null,
    spend: null,
    plans: [
      {
        id: plan.id,
        version: 2,
        status: "approved",
        createdBy: "operator",
        steps: [{ name: "a" }],
        approvals: [
          {
            id: about?.id,
            status: "approved",
            decisions: [{ by: "supervisor", decision: "approve", reason: "it is fine" }],
          },
        ],
        snapshots: [{ kind: "judged" }, { kind: "executed" }],
        runs: [{ id: runId, steps: [{ name: "a", artifacts: [{ name: "a.txt" }] }] }],
      },
      { version: 1, status: "superseded", runs: [] },
    ],
  });
  expect(lineage.plans[0]?.gates.map((one) => one.gate)).toContain("risk");
  expect(JSON.stringify(lineage)).not.toContain("b.txt");

  await t.owner.query(
    `update steps set output = '{"usage": {"tokens": 1200, "costUsd": 0.25}}' where tenant_id = $1 and name = 'a'`,
    [tenant.id],
  );
  expect((await getItemLineage(operator, { itemId })).spend).toEqual({
    costUsd: 0.25,
    tokens: 1200,
  });
  await t.owner.query("update steps set output = null where tenant_id = $1", [tenant.id]);

  const artifactId = toId("artifact", rows[0]?.id ?? "");
  const back = await getArtifactLineage(operator, { artifactId });
  expect(back).toEqual({
    ...lineage,
    artifact: expect.objectContaining({ id: artifactId, name: "a.txt" }),
  });

  const stranger = await (await t.tenant()).as("admin");
  expect((await refusal(getItemLineage(stranger, { itemId }))).code).toBe("not_found");
  expect((await refusal(getArtifactLineage(stranger, { artifactId }))).code).toBe("not_found");
});
