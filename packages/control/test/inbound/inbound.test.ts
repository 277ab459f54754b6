import { randomBytes, randomUUID } from "node:crypto";
import {
  decideApproval,
  getApproval,
  listApprovals,
  putApprovalRule,
} from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import {
  addInboundReceiver,
  disableInboundReceiver,
  listInboundReceivers,
  receiveDecision,
  removeInboundReceiver,
  rotateInboundSecret,
} from "@nofx/control/inbound";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
let admin: MemberContext;
let operator: MemberContext;
let supervisor: MemberContext;
let tenant: Awaited<ReturnType<TestPlane["tenant"]>>;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await t.tenant();
  admin = await tenant.as("admin");
  operator = await tenant.as("operator");
  supervisor = await tenant.as("supervisor");
});

/** A question that the operator asks: whether a step may run. */
async function question(by = operator): Promise<string> {
  const pack = `p${randomBytes(4).toString("hex")}`;
  await importBacklog(again(by), backlog(pack, [shellItem("ship", { sensitive: true })]));
  const plan = await createPlan(again(by), { pack });
  await executePlan(again(by), { planId: plan.id });
  const { items } = await listApprovals(supervisor, {});
  const found = items.find(({ planId }) => planId === plan.id);
  if (found === undefined) throw new Error("no approval was opened");
  return found.id;
}

interface Sender {
  receiverId: string;
  secret: string;
}
async function receiver(more: object = {}, by = admin): Promise<Sender> {
  const added = await addInboundReceiver(again(by), {
    name: `zig-todo-${randomBytes(3).toString("hex")}`,
    actsFor: [supervisor.actor.id],
    ...more,
  });
  return { receiverId: added.receiver.id, secret: added.secret ?? "" };
}

/** A message as its sender makes it. */
function signed(
  { receiverId, secret }: Sender,
  payload: unknown,
  { id = `msg_${randomUUID()}`, at = new Date() } = {},
) {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  return { receiverId, id, timestamp, signature: new Webhook(secret).sign(id, at, body), body };
}
const receive = (message: Parameters<typeof receiveDecision>[1]) =>
  receiveDecision(t.plane, message);
const yes = (approvalId: string, more: object = {}) => ({
  approvalId,
  decision: "approve",
  member: supervisor.email,
  ...more,
});

test("a signed word is the vote of the member that it names, and history says by which way it came", async () => {
  const zig = await receiver({ name: "zig-todo" });
  const approvalId = await question();
  const said = yes(approvalId, { member: supervisor.email.toUpperCase(), reason: "done in Zig" });
  expect(await receive(signed(zig, { type: "todo.done", data: said }))).toEqual({
    approvalId,
    status: "approved",
    decision: "approve",
  });
  const { decisions } = await getApproval(operator, { approvalId });
  expect(decisions).toMatchObject([
    { by: supervisor.name, decision: "approve", reason: "done in Zig", via: "webhook:zig-todo" },
  ]);
  const { items } = await listInboundReceivers(admin);
  expect(items).toMatchObject([
    { name: "zig-todo", lastOutcome: "decided", createdBy: admin.name },
  ]);
  const { rows } = await t.owner.query(
    "select actor_id, body from audit_log where tenant_id = $1 and verb = 'approval.decided'",
    [admin.tenantId],
  );
  expect(rows[0].actor_id).toBe(supervisor.actor.id);
  expect(JSON.parse(rows[0].body)).toMatchObject({ via: "webhook:zig-todo" });
});

test("what is not genuine is told one thing only, whatever is wrong with it", async () => {
  const zig = await receiver();
  const approvalId = await question();
  const disabled = await receiver();
  await disableInboundReceiver(again(admin), { receiverId: disabled.receiverId });
  const good = signed(zig, yes(approvalId));
  const longAgo = new Date(Date.now() - 400_000);
  const soon = new Date(Date.now() + 400_000);
  const errors = await Promise.all(
    [
      { ...good, body: `${good.body} ` },
      { ...good, id: "other" },
      { ...good, signature: "" },
      { ...good, timestamp: String(Number(good.timestamp) + 1) },
      { ...good, receiverId: "receiver_00000000000000000000000000" },
      { ...good, receiverId: "nothing" },
      signed({ ...zig, secret: `whsec_${randomBytes(32).toString("base64")}` }, yes(approvalId)),
      signed({ ...zig, secret: `whsec_${Buffer.alloc(32).toString("base64")}` }, yes(approvalId)),
      signed({ receiverId: "nothing", secret: `whsec_${Buffer.alloc(32).toString("base64")}` }, {}),
      signed(zig, yes(approvalId), { at: longAgo }),
      signed(zig, yes(approvalId), { at: soon }),
      signed(disabled, yes(approvalId)),
    ].map((message) => refusal(receive(message))),
  );
  expect(new Set(errors.map(({ code, detail }) => `${code} ${detail}`)).size).toBe(1);
  expect(errors[0]?.code).toBe("unauthenticated");
  expect((await getApproval(supervisor, { approvalId })).status).toBe("pending");
  // none of them used up its id
  expect((await receive(good)).status).toBe("approved");
});

test("an id is taken once, also by many at a time; a refusal uses it up too", async () => {
  const zig = await receiver();
  const message = signed(zig, yes(await question()));
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => receive(message)));
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    expect(["webhook_replayed", "idempotency_in_flight"]).toContain(answer.reason.code);
  }
  expect((await refusal(receive(message))).code).toBe("webhook_replayed");
  // signed anew under the old id, for another question
  const id = message.id;
  const reused = signed(zig, yes(await question()), { id });
  expect((await refusal(receive(reused))).code).toBe("webhook_replayed");
  const wrong = signed(zig, "not json");
  expect((await refusal(receive(wrong))).code).toBe("invalid_json");
  expect((await refusal(receive(wrong))).code).toBe("webhook_replayed");
});

test("a message whose process died is taken by the next attempt, and decides nothing twice", async () => {
  const zig = await receiver();
  const approvalId = await question();
  const message = signed(zig, yes(approvalId));
  await receive(message);
  const half = async (age: string) => {
    await t.owner.query(
      "update inbound_messages set outcome = null, begun_at = clock_timestamp() - $2::interval where message_id = $1",
      [message.id, age],
    );
  };
  await half("30 seconds");
  expect((await refusal(receive(message))).code).toBe("idempotency_in_flight");
  await half("61 seconds");
  expect((await receive(message)).status).toBe("approved");
  expect((await getApproval(operator, { approvalId })).decisions).toHaveLength(1);
});

test("roles, four eyes and what the receiver is for hold as on our own page", async () => {
  const approvalId = await question();
  const both = [supervisor.actor.id, operator.actor.id];
  const zig = await receiver({ actsFor: both });
  const codeOf = async (sender: Sender, payload: unknown) =>
    (await refusal(receive(signed(sender, payload)))).code;
  // an operator may not decide, and who asked may not at all
  expect(await codeOf(zig, yes(approvalId, { member: operator.email }))).toMatch(
    /^(?:forbidden|approval_self)$/,
  );
  expect(await codeOf(zig, yes(approvalId, { member: admin.email }))).toBe("forbidden");
  expect(await codeOf(zig, yes(approvalId, { member: "nobody@example.org" }))).toBe("forbidden");
  const rejects = await receiver({ decisions: ["reject"] });
  expect(await codeOf(rejects, yes(approvalId))).toBe("forbidden");
  const plans = await receiver({ subjects: ["plan"] });
  expect(await codeOf(plans, yes(approvalId))).toBe("forbidden");
  expect(await codeOf(zig, yes(approvalId, { decision: "reject" }))).toBe("invalid_input");
  expect(await codeOf(zig, yes(approvalId, { decision: "approve_with_changes" }))).toBe(
    "invalid_input",
  );
  expect(await codeOf(zig, yes(approvalId, { argumentsDigest: "other" }))).toBe("plan_changed");
  const named = { ...signed(zig, yes(approvalId)), approvalId: await question() };
  expect((await refusal(receive(named))).code).toBe("invalid_input");
  // another tenant's question is none
  const stranger = await t.tenant();
  const chief = await stranger.as("admin");
  const theirs = await addInboundReceiver(again(chief), {
    name: "zig-todo",
    actsFor: [chief.actor.id],
  });
  const sender = { receiverId: theirs.receiver.id, secret: theirs.secret ?? "" };
  expect(await codeOf(sender, yes(approvalId, { member: chief.email }))).toBe("not_found");
  expect((await getApproval(supervisor, { approvalId })).status).toBe("pending");
});

test("nobody has their own question answered by a receiver whose secret they saw", async () => {
  const zig = await receiver();
  const asked = await question(admin);
  expect((await refusal(receive(signed(zig, yes(asked))))).code).toBe("approval_self");
  // nor by one whose secret they made anew
  const other = await tenant.as("admin");
  const theirs = await receiver({}, other);
  const rotated = await rotateInboundSecret(again(admin), { receiverId: theirs.receiverId });
  const sender = { ...theirs, secret: rotated.secret ?? "" };
  expect((await refusal(receive(signed(sender, yes(asked))))).code).toBe("approval_self");
  expect((await receive(signed(await receiver({}, other), yes(asked)))).status).toBe("approved");
});

test("for a day after it was replaced the old secret opens too", async () => {
  const zig = await receiver();
  const { secret } = await rotateInboundSecret(again(admin), { receiverId: zig.receiverId });
  const approvalId = await question();
  expect((await receive(signed(zig, yes(approvalId)))).status).toBe("approved");
  await t.owner.query(
    "update inbound_secrets set previous_until = clock_timestamp() where previous is not null",
  );
  const late = signed(zig, yes(await question()));
  expect((await refusal(receive(late))).code).toBe("unauthenticated");
  const now = { ...zig, secret: secret ?? "" };
  expect((await receive(signed(now, yes(await question())))).status).toBe("approved");
});

test("admins only; members only; names are taken once; nobody reads a secret", async () => {
  const zig = await receiver({ name: "zig-todo" });
  const { receiverId } = zig;
  expect((await refusal(listInboundReceivers(operator))).code).toBe("forbidden");
  expect((await refusal(receiver({}, operator))).code).toBe("forbidden");
  expect((await refusal(receiver({ actsFor: [randomUUID()] }))).issues[0]?.path).toBe("/actsFor/0");
  expect((await refusal(receiver({ name: "zig-todo" }))).code).toBe("conflict");
  const stranger = await (await t.tenant()).as("admin");
  expect((await refusal(removeInboundReceiver(again(stranger), { receiverId }))).code).toBe(
    "not_found",
  );
  expect((await refusal(rotateInboundSecret(again(stranger), { receiverId }))).code).toBe(
    "not_found",
  );
  expect(JSON.stringify(await listInboundReceivers(admin))).not.toContain("whsec_");
  await removeInboundReceiver(again(admin), { receiverId });
  expect((await listInboundReceivers(admin)).items).toEqual([]);
  const gone = signed(zig, yes(await question()));
  expect((await refusal(receive(gone))).code).toBe("unauthenticated");
});

test("who knows the secret fills no quorum with it: not by two members' names, not with a vote of their own", async () => {
  await putApprovalRule(again(admin), { subject: "plan_step", rule: { quorum: 2 } });
  const second = await tenant.as("supervisor");
  const third = await tenant.as("supervisor");
  const zig = await receiver({ actsFor: [supervisor.actor.id, second.actor.id] });
  const approvalId = await question();
  const decide = (ctx: MemberContext) =>
    decideApproval(again(ctx), { approvalId, decision: "approve" });
  expect(await receive(signed(zig, yes(approvalId)))).toMatchObject({ status: "pending" });
  await t.owner.query("update members set email = 'second@example.org' where user_id = $1", [
    second.actor.id,
  ]);
  const more = yes(approvalId, { member: "second@example.org" });
  expect((await refusal(receive(signed(zig, more)))).code).toBe("conflict");
  expect((await refusal(decide(admin))).code).toBe("conflict");
  expect((await getApproval(admin, { approvalId })).canDecide).toBe(false);
  expect(await decide(third)).toMatchObject({ status: "approved" });
});
