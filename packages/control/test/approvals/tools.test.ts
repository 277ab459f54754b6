import { decideApproval, getApproval } from "@nofx/control/approvals";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { getTool, listToolRuns, putTool, retireTool } from "@nofx/control/tools";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { ASKED, askedForTool, claimed, DEPLOY, pending, putDeploy, stepCalls } from "./harness.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

/** The agent that asked, given a yes, with its step claimed anew. */
async function approved(more: Record<string, unknown> = {}) {
  const asked = await askedForTool(t, more);
  await decideApproval(again(asked.supervisor), {
    approvalId: asked.approval.id,
    decision: "approve",
    argumentsDigest: asked.approval.argumentsDigest,
  });
  const step = await claimed(asked.agent);
  return { ...asked, step, calls: stepCalls(asked.agent, step) };
}

test("asked for, the step waits without a slot; after the yes the tool begins once, with what was shown", async () => {
  const { agent, supervisor, approval } = await askedForTool(t);
  expect(approval).toMatchObject({
    subject: "tool",
    tool: "deploy",
    toolVersion: "1",
    risk: "critical",
    arguments: ASKED,
    blocking: true,
    canDecide: true,
  });
  expect(await agent.claim()).toBeUndefined();
  await decideApproval(again(supervisor), { approvalId: approval.id, decision: "approve" });
  const step = await claimed(agent);
  const calls = stepCalls(agent, step);
  expect((await calls.ask()).body).toMatchObject({ status: "approved" });
  const begun = await calls.begin();
  expect(begun.body).toMatchObject({ status: "intended", toolVersion: "1" });
  // the same use again is the same use: no second grant is needed, and none is there
  expect((await calls.begin()).body).toMatchObject({ toolRunId: begun.body["toolRunId"] });
  expect((await calls.begin(ASKED, { name: "another" })).body).toMatchObject({
    code: "approval_required",
  });
  expect((await calls.end()).body).toMatchObject({ status: "succeeded" });
  const { grant } = await getApproval(supervisor, { approvalId: approval.id });
  expect(grant?.consumedAt).not.toBeNull();
  const { items } = await listToolRuns(supervisor, {});
  expect(items).toMatchObject([{ status: "succeeded", tool: "deploy", approvalId: approval.id }]);
  const { rows } = await t.owner.query(
    "select value from checkpoints where name = 'tool deploy' and tenant_id = $1",
    [supervisor.tenantId],
  );
  expect(rows).toEqual([{ value: { ok: true } }]);
});

test.each([
  ["one argument", { ...ASKED, replicas: 4 }, {}],
  ["the target", ASKED, { target: "cluster-b" }],
])(
  "after the yes, %s is another: it does not begin, and people are asked again",
  async (_, args, more) => {
    const { agent, supervisor, calls } = await approved();
    const refused = await calls.begin(args, more);
    expect(refused).toMatchObject({ status: 409, body: { code: "approval_required" } });
    expect((await calls.ask(args, more)).body).toMatchObject({ status: "pending" });
    expect(await pending(supervisor)).toMatchObject({ arguments: args });
    expect(await agent.claim()).toBeUndefined();
  },
);

test("after the yes, the tool's version is another: it does not begin, and people are asked again", async () => {
  const { admin, supervisor, calls } = await approved();
  await putDeploy(admin, { version: "2" });
  expect((await calls.begin()).body).toMatchObject({ code: "approval_required" });
  expect((await calls.ask()).body).toMatchObject({ status: "pending" });
  expect(await pending(supervisor)).toMatchObject({ toolVersion: "2" });
});

test("a grant is one step's and one run's: another step of the same tenant does not begin with it", async () => {
  const { tenant, calls } = await approved();
  await t.owner.query(
    "update approval_grants set step_id = gen_random_uuid() where tenant_id = $1 and consumed_at is null",
    [tenant.id],
  );
  expect((await calls.begin()).body).toMatchObject({ code: "approval_required" });
});

test("a yes that ran out unused is no yes: it is asked anew", async () => {
  const { supervisor, calls, approval } = await approved();
  await t.owner.query(
    "update approval_grants set expires_at = clock_timestamp() where tenant_id = $1",
    [supervisor.tenantId],
  );
  expect((await calls.begin()).body).toMatchObject({ code: "approval_required" });
  expect((await calls.ask()).body).toMatchObject({ status: "pending" });
  expect((await pending(supervisor)).id).not.toBe(approval.id);
});

test("approved with changes: what was edited, within the schema, is what begins", async () => {
  const { agent, supervisor, approval } = await askedForTool(t);
  const edit = (args: Record<string, unknown>) =>
    decideApproval(again(supervisor), {
      approvalId: approval.id,
      decision: "approve_with_changes",
      arguments: args,
    });
  const wrong = await refusal(edit({ env: "moon", replicas: 99, more: 1 }));
  expect(wrong.issues.map(({ path }) => path).toSorted()).toEqual([
    "/arguments",
    "/arguments/env",
    "/arguments/replicas",
  ]);
  expect((await refusal(edit(ASKED))).code).toBe("invalid_input");
  const decided = await edit({ env: "staging" });
  expect(decided).toMatchObject({ status: "approved", editedArguments: { env: "staging" } });
  const calls = stepCalls(agent, await claimed(agent));
  expect((await calls.ask()).body).toMatchObject({
    status: "modified",
    arguments: { env: "staging" },
  });
  expect((await calls.begin()).body).toMatchObject({ code: "approval_required" });
  expect((await calls.begin({ env: "staging" })).body).toMatchObject({ status: "intended" });
});

test("an intent whose executor was lost is unknown to the next one, never tried blindly", async () => {
  const { agent, run, calls } = await approved();
  await calls.begin();
  await t.owner.query(
    "update steps set status = 'queued', lease_owner = null, lease_until = null where run_id = $1",
    [run.id],
  );
  const next = stepCalls(agent, await claimed(agent));
  expect((await next.begin()).body).toMatchObject({ status: "unknown" });
  expect((await calls.end()).body).toMatchObject({ code: "lease_lost" });
  expect((await next.end({ status: "failed", result: undefined })).body).toMatchObject({
    status: "failed",
  });
});

test("approved with changes, a use that was lost goes on with what people made of it, however it is asked for", async () => {
  const { agent, run, supervisor, approval } = await askedForTool(t);
  const edited = { env: "staging" };
  await decideApproval(again(supervisor), {
    approvalId: approval.id,
    decision: "approve_with_changes",
    arguments: edited,
  });
  await stepCalls(agent, await claimed(agent)).begin(edited);
  await t.owner.query(
    "update steps set status = 'queued', lease_owner = null, lease_until = null where run_id = $1",
    [run.id],
  );
  const next = stepCalls(agent, await claimed(agent));
  for (const args of [ASKED, edited]) {
    expect((await next.begin(args)).body).toMatchObject({ status: "unknown", arguments: edited });
  }
  expect((await next.begin({ env: "production" })).body).toMatchObject({ code: "conflict" });
  expect((await next.end({ status: "failed", result: undefined })).status).toBe(200);
  expect((await next.begin()).body).toMatchObject({ status: "failed", arguments: edited });
});

test("a step that is being cancelled begins no tool and uses up no yes", async () => {
  const { supervisor, approval, run, calls } = await approved();
  await t.owner.query(
    "update steps set cancel_requested_at = clock_timestamp() where run_id = $1",
    [run.id],
  );
  expect((await calls.begin()).body).toMatchObject({ code: "conflict" });
  const { grant } = await getApproval(supervisor, { approvalId: approval.id });
  expect(grant?.consumedAt).toBeNull();
});

test("a question that another takes the place of is on record as such", async () => {
  const { agent, run, approval } = await askedForTool(t);
  await t.owner.query("update steps set holds = 0 where run_id = $1", [run.id]);
  await stepCalls(agent, await claimed(agent)).ask({ env: "staging" });
  const { rows } = await t.owner.query(
    "select actor_type, body::jsonb as body from audit_log where verb = 'approval.decided' and body::jsonb ->> 'approval_id' = $1",
    [toUuid("approval", approval.id)],
  );
  expect(rows).toMatchObject([{ actor_type: "agent", body: { status: "superseded" } }]);
});

test("arguments that the tool does not take are neither asked about nor begun", async () => {
  const { calls } = await approved();
  for (const { body } of [await calls.ask({ env: "moon" }), await calls.begin({ env: "moon" })]) {
    expect(body).toMatchObject({ code: "invalid_input" });
  }
});

test("a tool that needs no yes begins at once, and is on record", async () => {
  const { agent, admin, approval, supervisor } = await askedForTool(t);
  await decideApproval(again(supervisor), { approvalId: approval.id, decision: "approve" });
  await putDeploy(admin, { requiresApproval: false });
  const calls = stepCalls(agent, await claimed(agent));
  expect((await calls.begin({ env: "staging" })).body).toMatchObject({ status: "intended" });
});

test("the catalogue: a version says one thing for ever, the newest holds, what is retired begins no more", async () => {
  const { admin, supervisor, operator, calls } = await approved();
  expect((await refusal(putDeploy(operator))).code).toBe("forbidden");
  expect((await refusal(putDeploy(admin, { sensitivity: "low" }))).code).toBe("conflict");
  expect(await putDeploy(admin, { title: "Deploy it" })).toMatchObject({ title: "Deploy it" });
  expect(await putDeploy(admin, { version: "2", sensitivity: "low" })).toMatchObject({
    requiresApproval: false,
  });
  expect(await getTool(supervisor, { name: "deploy" })).toMatchObject({ version: "2" });
  expect((await refusal(putDeploy(admin))).detail).toMatch(/retired/);
  const bad = { ...DEPLOY, name: "other", inputSchema: { type: "banana" } };
  expect((await refusal(putTool(again(admin), bad))).issues[0]?.path).toBe("/inputSchema");
  await retireTool(again(admin), { name: "deploy" });
  expect((await calls.begin()).body).toMatchObject({ code: "invalid_input" });
});
