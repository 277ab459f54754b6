import { registerAgent, issueAgentKey } from "@nofx/control/agents";
import {
  decideApproval,
  decideAsPrincipal,
  delegateApprovals,
  getApproval,
  listApprovals,
} from "@nofx/control/approvals";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { sendMessage } from "@nofx/control/waits";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { agentOf, askedForTool, claimed, runOf, stepCalls, putDeploy, pending } from "./harness.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const HOUR = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

test("who started the run is refused on the page and the API, and by what a receiver says in their name", async () => {
  const { tenant, operator, approval } = await askedForTool(t);
  const requester = await tenant.as("admin", operator.actor.id);
  await t.owner.query("update members set role = 'admin' where user_id = $1", [operator.actor.id]);
  expect(
    (await refusal(decideApproval(requester, { approvalId: approval.id, decision: "approve" })))
      .code,
  ).toBe("approval_self");
  expect(
    (
      await refusal(
        decideAsPrincipal(
          t.plane,
          { tenantId: tenant.id, userId: operator.actor.id, via: "webhook:zig-todo" },
          { approvalId: approval.id, decision: "approve" },
          { idempotencyKey: randomUUID() },
        ),
      )
    ).code,
  ).toBe("approval_self");
});

test("a receiver speaks for whoever it was set up for, as they are now", async () => {
  const { tenant, supervisor, approval } = await askedForTool(t);
  const decided = await decideAsPrincipal(
    t.plane,
    { tenantId: tenant.id, userId: supervisor.actor.id, via: "webhook:zig-todo" },
    { approvalId: approval.id, decision: "approve", reason: "seen there" },
    { idempotencyKey: "delivery-1" },
  );
  expect(decided.decisions).toMatchObject([{ via: "webhook:zig-todo", reason: "seen there" }]);
});

test("an agent decides nothing, and neither does a message that says approved", async () => {
  const { agent, operator, run, approval } = await askedForTool(t);
  const answer = await agent.post(`/approvals/${approval.id}`, { decision: "approve" });
  expect(answer.status).toBe(404);
  await sendMessage(again(operator), {
    stepId: toId("step", run.steps["work"] ?? ""),
    payload: "approved",
  });
  expect(await agent.claim()).toBeUndefined();
});

test("who owns the agent, or gave out its key, is in the chain; a key that was revoked before is no matter", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const owner = await tenant.as("supervisor");
  const issuer = await tenant.as("supervisor");
  const former = await tenant.as("supervisor");
  const starter = await tenant.as("operator");
  await putDeploy(admin);
  const { agentId } = await registerAgent(again(owner), {
    name: "bot",
    capabilities: ["ops.work"],
  });
  await issueAgentKey(again(issuer), { agentId });
  await issueAgentKey(again(former), { agentId });
  await t.owner.query(
    "update agent_keys set revoked_at = clock_timestamp() - interval '1 hour' where issued_by = $1",
    [former.actor.id],
  );
  const agent = await agentOf(t, tenant.id);
  await runOf(t, starter);
  const step = await claimed(agent);
  // the step is held by bot
  await t.owner.query("update approvals set principals = '[]' where tenant_id = $1", [tenant.id]);
  await t.owner.query("update agent_keys set agent_id = $1 where agent_id = $2", [
    toUuid("agent", agentId),
    agent.id,
  ]);
  await t.owner.query("update steps set lease_owner = $1 where id = $2", [
    toUuid("agent", agentId),
    toUuid("step", step.id),
  ]);
  await stepCalls(agent, step).ask();
  const approval = await pending(former);
  expect(approval.chain).toEqual([
    { type: "member", name: "operator", via: "started the run" },
    { type: "agent", name: "bot", via: "step work" },
  ]);
  for (const [person, why] of [
    [owner, /owns agent bot/],
    [issuer, /gave out a key of agent bot/],
  ] as const) {
    const refused = await refusal(
      decideApproval(again(person), { approvalId: approval.id, decision: "approve" }),
    );
    expect(refused).toMatchObject({ code: "approval_self", detail: expect.stringMatching(why) });
    expect((await getApproval(person, { approvalId: approval.id })).canDecide).toBe(false);
  }
  expect(
    await decideApproval(again(former), { approvalId: approval.id, decision: "approve" }),
  ).toMatchObject({ status: "approved" });
});

test("a delegate votes in somebody's stead, once, and it counts as theirs; never the requester, never onward", async () => {
  const { tenant, operator, supervisor, approval } = await askedForTool(t, { rule: { quorum: 2 } });
  const requester = await tenant.as("supervisor", operator.actor.id);
  await t.owner.query("update members set role = 'supervisor' where user_id = $1", [
    operator.actor.id,
  ]);
  const delegate = await tenant.as("supervisor");
  const third = await tenant.as("supervisor");
  const hand = (from: typeof supervisor, to: typeof supervisor) =>
    delegateApprovals(again(from), { to: to.actor.id, reason: "away", endsAt: inAnHour() });
  const vote = (who: typeof supervisor, insteadOf?: typeof supervisor) =>
    decideApproval(again(who), {
      approvalId: approval.id,
      decision: "approve",
      ...(insteadOf === undefined ? {} : { insteadOf: insteadOf.actor.id }),
    });

  await hand(supervisor, requester);
  expect((await refusal(vote(requester, supervisor))).code).toBe("approval_self");
  await hand(requester, delegate);
  expect((await refusal(vote(delegate, requester))).code).toBe("approval_self");
  await hand(supervisor, delegate);
  await hand(delegate, third);
  expect((await refusal(vote(third, supervisor))).code).toBe("forbidden");

  const [seen] = (await listApprovals(again(delegate), {})).items;
  expect(seen?.insteadOf).toEqual([{ userId: supervisor.actor.id, name: "supervisor" }]);
  const first = await vote(delegate, supervisor);
  expect(first).toMatchObject({
    status: "pending",
    tally: { people: 1 },
    decisions: [{ by: "supervisor", for: "supervisor" }],
  });
  expect((await refusal(vote(delegate))).code).toBe("conflict");
  expect(await vote(supervisor)).toMatchObject({ status: "pending", tally: { people: 1 } });
  expect(await vote(third)).toMatchObject({ status: "approved" });
});

test("the override of a verdict has the same four eyes", async () => {
  const tenant = await t.tenant();
  const asker = await tenant.as("admin");
  await t.owner.query(
    `insert into approvals (tenant_id, subject, override_id, title, question, why, arguments, arguments_digest, requested_by_type,
       requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
     values ($1, 'override', gen_random_uuid(), 'o', '?', 'w', '{}', 'd', 'member', $3, 'asker', $2, clock_timestamp() + interval '1 h', gen_random_uuid())`,
    [tenant.id, asker.actor.id, asker.actor.id],
  );
  const approval = await pending(asker);
  expect(approval.subject).toBe("override");
  const vote = { approvalId: approval.id, decision: "approve" } as const;
  expect((await refusal(decideApproval(again(asker), vote))).code).toBe("approval_self");
});
