import { getApproval, listApprovals, decideApproval } from "@nofx/control/approvals";
import { importBacklog, listBacklog, listPacks } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { listEvents } from "@nofx/control/events";
import { resolveMember } from "@nofx/control/members";
import {
  createPlan,
  executePlan,
  getGates,
  getPlan,
  listPlans,
  listPlanSteps,
} from "@nofx/control/plans";
import { getRun, listRunArtifacts, listRunLogs, listRuns, listRunSteps } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
let owner: MemberContext;
let stranger: MemberContext;
let ids: { planId: string; runId: string; approvalId: string };

beforeAll(async () => {
  t = await createTestPlane();
  const tenant = await t.tenant();
  owner = await tenant.as("supervisor");
  stranger = await (await t.tenant()).as("admin");
  const operator = await tenant.as("operator");
  await importBacklog(operator, backlog("p", [shellItem("a", { sensitive: true })]));
  const plan = await createPlan(again(operator), { pack: "p" });
  const { runId } = await executePlan(again(operator), { planId: plan.id });
  const [approval] = (await listApprovals(owner, {})).items;
  ids = { planId: plan.id, runId, approvalId: approval?.id ?? "" };
});
afterAll(() => t[Symbol.asyncDispose]());

const byId: [string, (ctx: MemberContext) => Promise<unknown>][] = [
  ["getPlan", (ctx) => getPlan(ctx, { planId: ids.planId })],
  ["listPlanSteps", (ctx) => listPlanSteps(ctx, { planId: ids.planId })],
  ["getGates", (ctx) => getGates(ctx, { planId: ids.planId })],
  ["getApproval", (ctx) => getApproval(ctx, { approvalId: ids.approvalId })],
  ["getRun", (ctx) => getRun(ctx, { runId: ids.runId })],
  ["listRunSteps", (ctx) => listRunSteps(ctx, { runId: ids.runId })],
  ["listRunLogs", (ctx) => listRunLogs(ctx, { runId: ids.runId })],
  ["listRunArtifacts", (ctx) => listRunArtifacts(ctx, { runId: ids.runId })],
];

const lists: [string, (ctx: MemberContext) => Promise<{ items: unknown[] }>][] = [
  ["listBacklog", (ctx) => listBacklog(ctx, {})],
  ["listPacks", (ctx) => listPacks(ctx)],
  ["listPlans", (ctx) => listPlans(ctx, {})],
  ["listApprovals", (ctx) => listApprovals(ctx, { status: "all" })],
  ["listRuns", (ctx) => listRuns(ctx, {})],
];

describe("another tenant", () => {
  test.each(byId)("%s answers its owner and knows nothing to a stranger", async (_name, call) => {
    await call(owner);
    expect((await refusal(call(stranger))).code).toBe("not_found");
  });

  test.each(lists)("%s is full for its owner and empty for a stranger", async (_name, call) => {
    expect((await call(owner)).items.length).toBeGreaterThan(0);
    expect((await call(stranger)).items).toEqual([]);
  });

  test("cannot change anything by id", async () => {
    const decision = decideApproval(again(stranger), {
      approvalId: ids.approvalId,
      decision: "approve",
    });
    expect((await refusal(decision)).code).toBe("not_found");
    expect((await refusal(executePlan(again(stranger), { planId: ids.planId }))).code).toBe(
      "not_found",
    );
    expect((await refusal(createPlan(again(stranger), { pack: "p" }))).code).toBe("not_found");
  });

  test("a stranger who names the tenant gets nothing: membership is looked up, not believed", async () => {
    const forged = { ...stranger, tenantId: owner.tenantId };
    expect((await listPlans(forged, {})).items).toEqual([]);
    expect((await refusal(importBacklog(again(forged), backlog("x", [shellItem("a")])))).code).toBe(
      "forbidden",
    );
    const request = {
      userId: stranger.actor.id,
      email: "x",
      tenantId: toId("tenant", owner.tenantId),
    };
    expect((await refusal(resolveMember(t.plane, request))).code).toBe("forbidden");
  });

  test("sees no events of others", async () => {
    await t.owner.query(
      "update events set seq = 1000 + (select count(*) from events e where e.id < events.id)",
    );
    expect((await listEvents(owner, { after: 0 })).items.length).toBeGreaterThan(0);
    expect((await listEvents(stranger, { after: 0 })).items).toEqual([]);
  });
});

test("a removed member is out at once", async () => {
  const tenant = await t.tenant();
  const member = await tenant.as("operator");
  const request = { userId: member.actor.id, email: "x" };
  expect((await resolveMember(t.plane, request)).role).toBe("operator");
  await importBacklog(again(member), backlog("p", [shellItem("a")]));
  await t.owner.query("delete from members where user_id = $1", [member.actor.id]);
  expect((await listBacklog(member, {})).items).toEqual([]);
  expect((await refusal(resolveMember(t.plane, request))).code).toBe("forbidden");
});
