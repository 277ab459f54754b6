import {
  decideApproval,
  decideAsPrincipal,
  delegateApprovals,
  getApproval,
  listApprovals,
  putApprovalRule,
} from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { createPlan, executePlan } from "@nofx/control/plans";
import {
  createSchedule,
  removeSchedule,
  runSchedule,
  updateSchedule,
} from "@nofx/control/schedules";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";
import { agentOf, askedForTool, claimed, pending, putDeploy, runOf, stepCalls } from "./harness.ts";

// Who stands behind a question beyond whoever asked it.

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const yes = (ctx: MemberContext, approvalId: string, more: Record<string, unknown> = {}) =>
  decideApproval(again(ctx), { approvalId, decision: "approve", ...more });

test("who made the plan decides nothing that its runs ask: not themselves, not by a delegate, not by a receiver", async () => {
  const tenant = await t.tenant();
  const [author, starter, delegate] = [
    await tenant.as("supervisor"),
    await tenant.as("operator"),
    await tenant.as("supervisor"),
  ];
  await putDeploy(await tenant.as("admin"));
  const agent = await agentOf(t, tenant.id);
  await runOf(t, starter);
  await t.owner.query(
    "update plans set created_by_type = 'member', created_by = $2 where tenant_id = $1",
    [tenant.id, author.actor.id],
  );
  await stepCalls(agent, await claimed(agent)).ask();
  const { id, chain } = await pending(author);
  expect(chain.map(({ via }) => via)).toEqual(["started the run", "made the plan", "step work"]);
  await delegateApprovals(again(author), {
    to: delegate.actor.id,
    reason: "away",
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const decisions = [
    () => yes(author, id),
    () => yes(delegate, id, { insteadOf: author.actor.id }),
    () =>
      decideAsPrincipal(
        t.plane,
        { tenantId: tenant.id, userId: author.actor.id, via: "webhook:chat" },
        { approvalId: id, decision: "approve" },
        { idempotencyKey: randomUUID() },
      ),
  ];
  for (const decide of decisions) expect((await refusal(decide())).code).toBe("approval_self");
  expect(await yes(delegate, id)).toMatchObject({ status: "approved" });
});

test("a vote of a quorum counts no more once its caster starts what it is about", async () => {
  const tenant = await t.tenant();
  const [operator, ann, bob, cal] = [
    await tenant.as("operator"),
    await tenant.as("supervisor"),
    await tenant.as("supervisor"),
    await tenant.as("supervisor"),
  ];
  await putApprovalRule(await tenant.as("admin"), { subject: "plan_step", rule: { quorum: 2 } });
  await importBacklog(operator, backlog("p", [shellItem("ship", { sensitive: true })]));
  const plan = await createPlan(again(operator), { pack: "p" });
  const { id } = await pending(ann);
  expect(await yes(ann, id)).toMatchObject({ status: "pending", tally: { people: 1 } });
  await executePlan(again(ann), { planId: plan.id });
  expect(await getApproval(bob, { approvalId: id })).toMatchObject({
    tally: { people: 0 },
    decisions: [{ counts: false }],
  });
  expect(await yes(bob, id)).toMatchObject({ status: "pending", tally: { people: 1 } });
  expect(await yes(cal, id)).toMatchObject({ status: "approved" });
});

test("who made a schedule, and who said what it starts, decide nothing of it, also after it is removed", async () => {
  const tenant = await t.tenant();
  const people = ["maker", "editor", "renamer", "starter", "late"] as const;
  const [maker, editor, renamer, starter, late] = (await Promise.all(
    people.map(() => tenant.as("supervisor")),
  )) as [MemberContext, MemberContext, MemberContext, MemberContext, MemberContext];
  await putDeploy(await tenant.as("admin"));
  const agent = await agentOf(t, tenant.id);
  const task = (n: number) => ({
    kind: "agent" as const,
    with: { capability: "ops.work", input: { n } },
  });
  const timetable = { name: "nightly", cron: "0 0 1 1 *" };
  const { id: scheduleId } = await createSchedule(again(maker), { ...timetable, task: task(1) });
  const change = (who: MemberContext, version: number, more: Record<string, unknown>) =>
    updateSchedule(again(who), { ...timetable, task: task(2), scheduleId, version, ...more });
  await change(editor, 1, {});
  await change(renamer, 2, { name: "weekly" });
  await runSchedule(again(starter), { scheduleId });
  await change(late, 3, { task: task(3) });
  await removeSchedule(again(late), { scheduleId });
  await stepCalls(agent, await claimed(agent)).ask();
  const [approval] = (await listApprovals(again(late), {})).items;
  expect(approval?.chain.map(({ via }) => via)).toEqual([
    "started the run",
    "made the schedule nightly",
    "changed the schedule nightly",
    "step task",
  ]);
  for (const who of [maker, editor, starter]) {
    expect((await refusal(yes(who, approval?.id ?? ""))).code).toBe("approval_self");
  }
  expect((await getApproval(renamer, { approvalId: approval?.id ?? "" })).canDecide).toBe(true);
  expect(await yes(late, approval?.id ?? "")).toMatchObject({ status: "approved" });
});

test("who is barred is looked up by keys, not by reading the agents of all tenants", async () => {
  const { approval, supervisor } = await askedForTool(t);
  const client = await t.owner.connect();
  await client.query("begin");
  await client.query("set local enable_seqscan = off");
  // as somebody of the tenant would
  await client.query("select set_config('request.jwt.claims', $1, true)", [
    JSON.stringify({ sub: supervisor.actor.id }),
  ]);
  const id = toUuid("approval", approval.id);
  await client.query("select count(*) from engine.barred($1)", [id]);
  await client.query("select engine.principal_chain(a) from approvals a where a.id = $1", [id]);
  const { rows } = await client.query(
    "select relname, seq_scan::int from pg_stat_xact_user_tables where relname in ('agent_registry', 'agent_keys', 'members') order by 1",
  );
  await client.query("rollback");
  client.release();
  expect(rows).toEqual([
    { relname: "agent_keys", seq_scan: 0 },
    { relname: "agent_registry", seq_scan: 0 },
    { relname: "members", seq_scan: 0 },
  ]);
});
