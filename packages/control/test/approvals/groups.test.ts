import {
  decideApproval,
  delegateApprovals,
  putApprovalGroup,
  putApprovalRule,
  removeApprovalGroup,
} from "@nofx/control/approvals";
import { setGateSettings } from "@nofx/control/gates";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { retireTool } from "@nofx/control/tools";
import { until } from "@nofx/db/testing";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { askedForTool, pending, putDeploy } from "./harness.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("a group that a tool, a setting or an open question names is not removed", async () => {
  const { admin, supervisor, approval } = await askedForTool(t);
  const boss = await (await t.tenant()).as("admin");
  await putApprovalGroup(again(boss), { name: "ops", members: [] });
  await expect(removeApprovalGroup(again(boss), { name: "ops" })).resolves.toBeDefined();

  await putApprovalGroup(again(admin), { name: "ops", members: [supervisor.actor.id] });
  const removal = () => removeApprovalGroup(again(admin), { name: "ops" });
  await putDeploy(admin, { rule: { groups: [{ group: "ops" }] } });
  expect((await refusal(removal())).detail).toMatch(/the tool deploy/);
  await putDeploy(admin);
  await setGateSettings(again(admin), { compliance: { approvers: { "data:*": "ops" } } });
  expect((await refusal(removal())).detail).toMatch(/compliance\.approvers/);
  await setGateSettings(again(admin), {});
  await t.owner.query(
    `update approvals set rule = rule || '{"escalateTo": "ops"}' where tenant_id = $1`,
    [admin.tenantId],
  );
  expect((await refusal(removal())).detail).toMatch(/an open question/);
  await decideApproval(again(supervisor), { approvalId: approval.id, decision: "approve" });
  expect(await removal()).toEqual({ name: "ops" });
});

test("while somebody names a group nobody removes it", async () => {
  const admin = await (await t.tenant()).as("admin");
  await putApprovalGroup(again(admin), { name: "ops", members: [] });
  const naming = await t.owner.connect();
  await naming.query("begin");
  // as the engine does where a step asks
  await naming.query("select engine.missing_groups($1, $2)", [
    admin.tenantId,
    { groups: [{ group: "ops" }] },
  ]);
  const removal = removeApprovalGroup(again(admin), { name: "ops" });
  await until("the removal waits", async () => {
    const { rows } = await t.owner.query(
      "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
    );
    return rows.length > 0;
  });
  await naming.query("commit");
  naming.release();
  expect(await removal).toEqual({ name: "ops" });
});

test("of many members and groups each is known", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const last = randomUUID();
  await t.owner.query(
    `insert into members (tenant_id, user_id, email, name, role)
     select $1::uuid, gen_random_uuid(), n || '@example.org', 'a' || n, 'supervisor' from generate_series(1, 1000) n
     union all select $1::uuid, $2::uuid, 'z@example.org', 'zoe', 'supervisor'`,
    [admin.tenantId, last],
  );
  await t.owner.query(
    "insert into approval_groups (tenant_id, name) select $1::uuid, 'a' || n from generate_series(1, 200) n",
    [admin.tenantId],
  );
  expect(await putApprovalGroup(again(admin), { name: "z", members: [last] })).toMatchObject({
    members: [{ name: "zoe" }],
  });
  await putApprovalRule(again(admin), { rule: { groups: [{ group: "z" }] } });
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const handed = await delegateApprovals(again(admin), { to: last, reason: "away", endsAt });
  expect(handed).toMatchObject({ to: "zoe" });
});

test("whoever may not say who approves has no tool ask people for less", async () => {
  const tenant = await t.tenant();
  const [admin, supervisor] = [await tenant.as("admin"), await tenant.as("supervisor")];
  await putApprovalGroup(again(admin), { name: "ops", members: [] });
  const rule = { quorum: 2, groups: [{ group: "ops" }] };
  await putDeploy(admin, { rule });
  const looser = [
    { requiresApproval: false, rule },
    { rule: null },
    { rule: { quorum: 2 } },
    { rule: { ...rule, veto: false } },
    { rule: { ...rule, escalateTo: "ops" } },
    { version: "2", sensitivity: "low", requiresApproval: true, rule },
  ];
  for (const more of looser) {
    expect((await refusal(putDeploy(supervisor, more))).code).toBe("forbidden");
  }
  const stricter = { ...rule, quorum: 3 };
  expect(await putDeploy(supervisor, { version: "2", rule: stricter })).toMatchObject({
    requiresApproval: true,
  });
  // taken out and put again it is no new tool
  await retireTool(again(supervisor), { name: "deploy" });
  const anew = { version: "3", requiresApproval: false, rule: stricter };
  expect((await refusal(putDeploy(supervisor, anew))).code).toBe("forbidden");
  expect(await putDeploy(admin, anew)).toMatchObject({ requiresApproval: false });
});

test("a vote on a plan takes the plan's lock before that of the question", async () => {
  const tenant = await t.tenant();
  const [operator, supervisor] = [await tenant.as("operator"), await tenant.as("supervisor")];
  const { rows } = await t.owner.query(
    `with p as (insert into packs (tenant_id, name, title) values ($1, 'p', 'p') returning id),
     made as (
       insert into plans (tenant_id, pack_id, version, title, status, verdict, score, digest, step_count, correlation_id, created_by_type, created_by)
       select $1, p.id, 1, 'p', 'ready', 'warn', 1, 'd', 0, gen_random_uuid(), 'member', $2 from p returning id)
     insert into approvals (tenant_id, subject, plan_id, title, question, why, arguments, arguments_digest, requested_by_type, requested_by,
       requested_by_name, expires_at, correlation_id)
     select $1, 'plan', m.id, 'p', '?', 'w', '{}', 'd', 'member', $2, 'o', clock_timestamp() + interval '1 hour', gen_random_uuid() from made m
     returning id, plan_id`,
    [tenant.id, operator.actor.id],
  );
  const other = await t.owner.connect();
  await other.query("begin");
  await other.query("select from plans where id = $1 for update", [rows[0].plan_id]);
  const { id: approvalId } = await pending(supervisor);
  const vote = decideApproval(again(supervisor), { approvalId, decision: "approve" });
  await until("the vote waits", async () => {
    const waits = await t.owner.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waits.rows.length > 0;
  });
  // whoever holds the plan gets the question too, so neither waits for the other
  await other.query("select from approvals where id = $1 for update nowait", [rows[0].id]);
  await other.query("commit");
  other.release();
  expect(await vote).toMatchObject({ status: "approved" });
});
