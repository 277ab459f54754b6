import { decideApproval } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan, getPlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

async function people() {
  const tenant = await t.tenant();
  return { operator: await tenant.as("operator"), supervisor: await tenant.as("supervisor") };
}

const risky = shellItem("push", { risk: ["production"] });
const plan = { pack: "p", reuse: true };

test("planning again where nothing changed answers the version that was asked about, and approved", async () => {
  const { operator, supervisor } = await people();
  await importBacklog(again(operator), backlog("p", [risky]));
  const first = await createPlan(again(operator), plan);
  expect(first).toMatchObject({ version: 1, status: "ready" });
  expect(await createPlan(again(operator), plan)).toMatchObject({ id: first.id, status: "ready" });
  await decideApproval(again(supervisor), {
    approvalId: first.planApprovalId ?? "",
    decision: "approve",
  });
  const approved = await createPlan(again(operator), plan);
  expect(approved).toMatchObject({ id: first.id, status: "approved", executable: true });
  const { runId } = await executePlan(again(operator), { planId: approved.id });
  expect(runId).toMatch(/^run_/);
});

test("another version is made once an item, the title or an answer has changed, or where it is not asked otherwise", async () => {
  const { operator, supervisor } = await people();
  const version = async (more: object = {}) =>
    (await createPlan(again(operator), { ...plan, ...more })).version;
  await importBacklog(again(operator), backlog("p", [risky]));
  expect(await version()).toBe(1);
  expect(await version({ reuse: false })).toBe(2);
  expect(await version({ title: "Otherwise" })).toBe(3);
  const changed = shellItem("push", { risk: ["production"], title: "Push it" });
  await importBacklog(again(operator), backlog("p", [changed]));
  const fourth = await createPlan(again(operator), plan);
  expect(fourth.version).toBe(4);
  await decideApproval(again(supervisor), {
    approvalId: fourth.planApprovalId ?? "",
    decision: "reject",
    reason: "Not like this.",
  });
  expect(await version()).toBe(5);
  expect(await getPlan(operator, { planId: fourth.id })).toMatchObject({ status: "cancelled" });
});

test("a no to one of its steps is asked anew by another version", async () => {
  const { operator, supervisor } = await people();
  await importBacklog(again(operator), backlog("p", [shellItem("a", { sensitive: true })]));
  const first = await createPlan(again(operator), plan);
  expect(await createPlan(again(operator), plan)).toMatchObject({ id: first.id });
  await decideApproval(again(supervisor), {
    approvalId: first.stepList[0]?.approvalId ?? "",
    decision: "reject",
    reason: "No.",
  });
  expect(await createPlan(again(operator), plan)).toMatchObject({ version: 2 });
});
