import {
  BATCH_PER_HOUR,
  commentApproval,
  decideApproval,
  decideMany,
  getApproval,
  listApprovals,
  putApprovalGroup,
  putApprovalRule,
  removeApprovalGroup,
} from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { createPlan, executePlan } from "@nofx/control/plans";
import { getRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import { expireApprovals, remindApprovals } from "@nofx/db/leases";
import type { DB } from "@nofx/db/types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";
import { askedForTool, manyQuestions } from "./harness.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const yes = (ctx: MemberContext, approvalId: string, more: Record<string, unknown> = {}) =>
  decideApproval(again(ctx), { approvalId, decision: "approve", ...more });

const group = (admin: MemberContext, name: string, members: MemberContext[]) =>
  putApprovalGroup(again(admin), { name, members: members.map((one) => one.actor.id) });

/** A plan of one sensitive step, made by an operator. */
async function planned(tenant: Awaited<ReturnType<TestPlane["tenant"]>>, risk: string[] = []) {
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(operator, backlog("p", [shellItem("ship", { sensitive: true, risk })]));
  const plan = await createPlan(again(operator), { pack: "p" });
  const items = (await listApprovals(supervisor, {})).items;
  const approval = items.find((one) => one.subject === "plan_step");
  if (approval === undefined) throw new Error("no approval was opened");
  return { operator, supervisor, plan, approval };
}

test("two of a quorum and one of each group: nobody early, the same vote twice is one, and the tally says how far it is", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const [ann, bob, cal] = [
    await tenant.as("supervisor"),
    await tenant.as("supervisor"),
    await tenant.as("supervisor"),
  ];
  await group(admin, "owners", [ann, cal]);
  await group(admin, "security", [ann, bob]);
  const rule = { groups: [{ group: "owners" }, { group: "security" }] };
  await putApprovalRule(again(admin), { subject: "plan_step", rule });
  const { approval } = await planned(tenant);
  expect(approval).toMatchObject({
    rule: {
      quorum: 1,
      groups: [
        { group: "owners", k: 1 },
        { group: "security", k: 1 },
      ],
    },
    canDecide: false,
    cannotDecideBecause: "This is for members of owners or security to decide.",
  });
  expect(await yes(ann, approval.id)).toMatchObject({ status: "pending" });
  expect(await yes(ann, approval.id)).toMatchObject({ status: "pending", tally: { people: 1 } });
  expect((await refusal(yes(admin, approval.id))).code).toBe("forbidden");
  // ann filled a place of either; bob can fill only one, and she is moved to the other
  expect(await yes(bob, approval.id)).toMatchObject({
    status: "approved",
    decisions: [{ groups: ["owners", "security"] }, { groups: ["security"] }],
  });
  expect(await refusal(yes(cal, approval.id))).toMatchObject({
    code: "approval_closed",
    data: { status: "approved" },
  });
  expect(await yes(bob, approval.id)).toMatchObject({ status: "approved" });
  expect((await refusal(removeApprovalGroup(again(admin), { name: "owners" }))).code).toBe(
    "conflict",
  );
});

test("one no ends it, whatever the quorum", async () => {
  const { supervisor, admin, approval } = await askedForTool(t, { rule: { quorum: 3 } });
  await yes(supervisor, approval.id);
  const decided = await decideApproval(again(admin), {
    approvalId: approval.id,
    decision: "reject",
    reason: "no",
  });
  expect(decided).toMatchObject({ status: "rejected" });
});

test("the most exact rule holds, and a tool may ask for more than it, never for less", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const put = (subject: "*" | "tool", risk: string, quorum: number) =>
    putApprovalRule(again(admin), { subject, risk, rule: { quorum } });
  await put("*", "*", 2);
  await put("tool", "critical", 3);
  const rule = async (tool: string | null, subject = "tool", risk = "critical") =>
    (
      await t.owner.query(
        "select (engine.stricter(engine.approval_rule($1, $2, $3), coalesce($4::jsonb, '{}')) ->> 'quorum')::int as quorum",
        [tenant.id, subject, risk, tool],
      )
    ).rows[0].quorum;
  expect(await rule(null)).toBe(3);
  expect(await rule('{"quorum": 1}')).toBe(3);
  expect(await rule('{"quorum": 4}')).toBe(4);
  expect(await rule(null, "plan", "low")).toBe(2);
  // of a step with several labels each one's rule holds
  await group(admin, "security", [admin]);
  const both = { quorum: 1, groups: [{ group: "security" }] };
  await putApprovalRule(again(admin), { risk: "production", rule: both });
  await putApprovalRule(again(admin), { risk: "external", rule: { quorum: 4 } });
  const { approval } = await planned(tenant, ["external", "production"]);
  expect(approval.rule).toMatchObject({ quorum: 4, groups: [{ group: "security", k: 1 }] });
  expect(
    (await refusal(putApprovalRule(again(admin), { rule: { escalateTo: "nobody" } }))).code,
  ).toBe("invalid_input");
});

test("who may vote in the place of a group is the tenant's to say, not the asker's", async () => {
  const merged = async (tenants: object, askers: object) =>
    (await t.owner.query("select engine.stricter($1, $2) as rule", [tenants, askers])).rows[0].rule;
  const groups = [{ group: "security", k: 1 }];
  const asker = { escalateTo: "friends", onExpiry: "fail" };
  expect(await merged({ groups }, asker)).not.toHaveProperty("escalateTo");
  expect(await merged({ groups, escalateTo: null }, asker)).not.toHaveProperty("escalateTo");
  expect(await merged({ escalateTo: "owners", onExpiry: "compensate" }, asker)).toMatchObject({
    escalateTo: "owners",
    onExpiry: "compensate",
  });
  expect(await merged({ quorum: 2 }, asker)).toMatchObject({ quorum: 2, ...asker });
  const { rows } = await t.owner.query("select engine.both_rules($1, $2) as rule", [
    { groups, escalateTo: "owners" },
    { groups: [{ group: "legal", k: 1 }], escalateTo: "interns" },
  ]);
  expect(rows[0].rule).not.toHaveProperty("escalateTo");
});

test("an edited step of a plan runs as its approver made it, approved before or after the run began", async () => {
  for (const before of [true, false]) {
    const tenant = await t.tenant();
    const { operator, supervisor, plan, approval } = await planned(tenant);
    const run = () => executePlan(again(operator), { planId: plan.id });
    let runId = before ? undefined : (await run()).runId;
    const edited = { ...approval.arguments, with: { command: ["echo", "edited"] } };
    const edit = (args: Record<string, unknown>) =>
      yes(supervisor, approval.id, { decision: "approve_with_changes", arguments: args });
    const wrong = await refusal(edit({ ...edited, step: "other", with: { command: 1 } }));
    expect(wrong.issues.map(({ path }) => path)).toContain("/arguments/step");
    expect(await edit(edited)).toMatchObject({ status: "approved", grant: {} });
    runId ??= (await run()).runId;
    const { stepList } = await getRun(operator, { runId });
    expect(stepList[0]).toMatchObject({ holds: [], name: "ship" });
    const { rows } = await t.owner.query(
      "select s.arguments -> 'command' as command, s.token <> p.token as fresh, g.consumed_at is not null as used from steps s join plan_steps p on p.id = s.plan_step_id join approvals a on a.step_id = s.id join approval_grants g on g.approval_id = a.id where s.tenant_id = $1",
      [tenant.id],
    );
    expect(rows).toEqual([{ command: ["echo", "edited"], fresh: true, used: true }]);
  }
});

test("comments are kept in their order and decide nothing", async () => {
  const { operator, supervisor, approval } = await askedForTool(t);
  await commentApproval(again(operator), { approvalId: approval.id, text: "approved" });
  const { comments, status } = await commentApproval(again(supervisor), {
    approvalId: approval.id,
    text: "why?",
  });
  expect(comments.map(({ text }) => text)).toEqual(["approved", "why?"]);
  expect(status).toBe("pending");
});

test("half-way people are reminded, at four fifths the next group may vote, at the end it expires, never a yes", async () => {
  const { tenant, admin, supervisor, approval } = await askedForTool(t);
  const worker = createPool({
    connectionString: t.database.url("nofx_worker"),
    applicationName: "sweep",
    max: 1,
  });
  const db = createDatabase<DB>(worker);
  await group(admin, "owners", [supervisor]);
  const at = async (part: number) => {
    await t.owner.query(
      `update approvals set requested_at = clock_timestamp() - $2 * interval '1 hour', expires_at = clock_timestamp() + (1 - $2) * interval '1 hour',
         remind_at = clock_timestamp() + (0.5 - $2) * interval '1 hour', escalate_at = clock_timestamp() + (0.8 - $2) * interval '1 hour',
         rule = rule || '{"escalateTo": "owners", "groups": [{"group": "nobody", "k": 1}]}' where tenant_id = $1`,
      [tenant.id, part],
    );
    const told = await remindApprovals(db, 100);
    return { told, expired: await expireApprovals(db, 100) };
  };
  expect(await at(0.4)).toEqual({ told: 0, expired: 0 });
  expect(await at(0.6)).toEqual({ told: 1, expired: 0 });
  expect(await at(0.7)).toEqual({ told: 0, expired: 0 });
  expect((await getApproval(supervisor, { approvalId: approval.id })).canDecide).toBe(false);
  expect(await at(0.85)).toEqual({ told: 1, expired: 0 });
  expect(await getApproval(supervisor, { approvalId: approval.id })).toMatchObject({
    canDecide: true,
    escalated: true,
  });
  expect(await at(1)).toEqual({ told: 0, expired: 1 });
  await worker.end();
  expect((await getApproval(supervisor, { approvalId: approval.id })).status).toBe("expired");
  const { rows } = await t.owner.query(
    "select type from events where tenant_id = $1 and type in ('approval.reminded', 'approval.escalated', 'approval.decided') order by at",
    [tenant.id],
  );
  expect(rows.map(({ type }) => type)).toEqual([
    "approval.reminded",
    "approval.escalated",
    "approval.decided",
  ]);
  const entered = await t.owner.query(
    "select body::jsonb ->> 'group' as group from audit_log where tenant_id = $1 and verb = 'approval.escalated'",
    [tenant.id],
  );
  expect(entered.rows).toEqual([{ group: "owners" }]);
});

test("no question stands longer than thirty days", async () => {
  const { tenant, approval } = await askedForTool(t);
  await t.owner.query(
    `insert into approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest, requested_by_type,
       requested_by, requested_by_name, expires_at, correlation_id)
     select tenant_id, 'step', run_id, step_id, 'long', 'l', '?', 'w', '{}', 'd', 'system', 's', 's', clock_timestamp() + interval '90 days', correlation_id
     from approvals where tenant_id = $1`,
    [tenant.id],
  );
  const { rows } = await t.owner.query(
    "select expires_at <= requested_at + interval '30 days' as held, version from approvals where tenant_id = $1",
    [tenant.id],
  );
  expect(rows.map((row) => row.held)).toEqual([true, true]);
  expect(approval.version).toBe(1);
});

test("many at once, each by what was shown, up to the hourly limit of a person; what is left over says when", async () => {
  const tenant = await t.tenant();
  const [operator, ann, bob] = [
    await tenant.as("operator"),
    await tenant.as("supervisor"),
    await tenant.as("supervisor"),
  ];
  const all = await manyQuestions(t, operator, BATCH_PER_HOUR + 5);
  const batch = (who: MemberContext, from: number, to: number, digest = "d") =>
    decideMany(again(who), {
      approvals: all
        .slice(from, to)
        .map(({ approvalId }) => ({ approvalId, argumentsDigest: digest })),
      decision: "approve",
    });
  const first = await batch(ann, 0, 2);
  expect(first).toMatchObject({ left: BATCH_PER_HOUR - 2, limit: BATCH_PER_HOUR });
  expect(first.results.map(({ status }) => status)).toEqual(["approved", "approved"]);
  const mixed = await batch(ann, 1, 4, "other");
  expect(mixed.results.map(({ code }) => code)).toEqual([
    // her own vote again: no change, and no error
    null,
    "plan_changed",
    "plan_changed",
  ]);
  const others = await manyQuestions(t, operator, BATCH_PER_HOUR - 3);
  await t.owner.query(
    "insert into approval_decisions (tenant_id, approval_id, member_user_id, member_name, decision, batch) select $1, unnest($2::uuid[]), $3, 'x', 'approve', true",
    [tenant.id, others.map((one) => toUuid("approval", one.approvalId)), ann.actor.id],
  );
  const last = await batch(ann, BATCH_PER_HOUR, BATCH_PER_HOUR + 3);
  expect(last.results.map(({ status, code }) => status ?? code)).toEqual([
    "approved",
    "rate_limited",
    "rate_limited",
  ]);
  const limited = await refusal(batch(ann, BATCH_PER_HOUR + 3, BATCH_PER_HOUR + 4));
  expect(limited).toMatchObject({ code: "rate_limited", data: { limit: BATCH_PER_HOUR } });
  expect(limited.retryAfterSeconds).toBeGreaterThan(3_000);
  expect((await batch(bob, BATCH_PER_HOUR + 3, BATCH_PER_HOUR + 4)).results[0]?.status).toBe(
    "approved",
  );
});

test("what hides is told of", async () => {
  const { tenant, supervisor, approval } = await askedForTool(t);
  expect(approval.hides).toBe(false);
  await t.owner.query("update approvals set arguments = $2 where tenant_id = $1", [
    tenant.id,
    JSON.stringify({ env: "prod\u202euction" }),
  ]);
  expect((await getApproval(supervisor, { approvalId: approval.id })).hides).toBe(true);
});
