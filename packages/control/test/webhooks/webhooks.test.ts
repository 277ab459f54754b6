import { randomUUID } from "node:crypto";
import type { MemberContext } from "@nofx/control/command";
import { importBacklog } from "@nofx/control/backlog";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import {
  addWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
  sendTestEvent,
  webhookChoices,
} from "@nofx/control/webhooks";
import { toUuid } from "@nofx/core/vocabulary";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
let engine: WorkerEngine;
let admin: MemberContext;
let operator: MemberContext;
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "relay",
    max: 2,
  });
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const tenant = await t.tenant();
  admin = await tenant.as("admin");
  operator = await tenant.as("operator");
});

const url = "https://hooks.example.org/nofx?token=abc";
const add = (more: object = {}) => addWebhook(again(admin), { url, ...more });

/** Seals whatever there is. */
async function seal(): Promise<void> {
  await until("all is sealed", async () => {
    await engine.seal(1_000);
    const { rows } = await t.owner.query("select from events where seq is null");
    return rows.length === 0;
  });
}
const happen = async () => {
  await importBacklog(again(operator), backlog("p", [shellItem(randomUUID())]));
  await seal();
};
/** What a relay would be given for one endpoint. */
async function due(webhookId: string) {
  const leases = await engine.relay.claim({ limit: 100, batch: 10, leaseMs: 0 });
  return leases.find((lease) => lease.webhook_id === toUuid("webhook", webhookId));
}

test("an endpoint is told of what happens after it was added; its secret is shown once", async () => {
  await happen();
  const ctx = again(admin, "same");
  const first = await addWebhook(ctx, { url, description: "ops" });
  const { webhook } = first;
  expect(first.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const repeated = await addWebhook(again(admin, "same"), { url, description: "ops" });
  expect(repeated).toEqual({ webhook, secret: null });
  expect(webhook).toMatchObject({ url, status: "active", events: [], behind: 0, attempts: 0 });
  expect(await due(webhook.id)).toBeUndefined();
  await happen();
  const lease = await due(webhook.id);
  expect(lease?.events.map(({ type }) => type)).toEqual(["backlog.imported"]);
  expect(lease?.secrets).toEqual([first.secret]);
  const { items } = await listWebhooks(admin, {});
  expect(items).toMatchObject([{ id: webhook.id, behind: 1 }]);
  expect(JSON.stringify(items)).not.toContain("whsec_");
});

test("nobody but the engine reads secrets, and the log of decisions keeps no address", async () => {
  const { webhook, secret } = await add();
  const client = await t.plane.pool.connect();
  try {
    await client.query("begin");
    await client.query("set local role nofx_member");
    const read = client.query("select secret from webhook_secrets");
    await expect(read).rejects.toMatchObject({ code: "42501" });
  } finally {
    await client.query("rollback");
    client.release();
  }
  const { rows } = await t.owner.query(
    "select body from audit_log where tenant_id = $1 and verb = 'webhook.added'",
    [admin.tenantId],
  );
  expect(rows[0].body).toContain(toUuid("webhook", webhook.id));
  expect(rows[0].body).not.toMatch(/token=abc|whsec_/);
  expect(secret).not.toBeNull();
});

describe("addresses", () => {
  test.each([
    "http://hooks.example.org/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://169.254.169.254/latest",
    "https://10.0.0.1:8443/",
    "https://hooks.example.org:22/",
    "https://me:secret@hooks.example.org/",
    "ftp://hooks.example.org/",
    "hooks.example.org",
  ])("%s is refused by name", async (wrong) => {
    const { code, issues } = await refusal(addWebhook(again(admin), { url: wrong }));
    expect([code, issues?.[0]?.path]).toEqual(["invalid_input", "/url"]);
  });
});

test("a new secret signs at once, the old one for another day", async () => {
  const { webhook, secret } = await add();
  await happen();
  const rotated = await rotateWebhookSecret(again(admin), { webhookId: webhook.id });
  expect(rotated.secret).not.toBe(secret);
  expect((await due(webhook.id))?.secrets).toEqual([rotated.secret, secret]);
  await t.owner.query(
    "update webhook_secrets set previous_until = clock_timestamp() where previous is not null",
  );
  await until("the lease is over", async () => {
    const lease = await due(webhook.id);
    return lease?.secrets.length === 1 && lease.secrets[0] === rotated.secret;
  });
});

test("a disabled endpoint is told nothing; enabled it goes on where it stopped, or from now", async () => {
  const { webhook } = await add({ events: ["backlog.imported"] });
  const { id: webhookId } = webhook;
  expect(await disableWebhook(again(admin), { webhookId })).toMatchObject({
    status: "disabled",
    disabledReason: "by_member",
  });
  await happen();
  expect(await due(webhookId)).toBeUndefined();
  for (const command of [
    sendTestEvent,
    (ctx: MemberContext, input: { webhookId: string }) => redeliver(ctx, { ...input, fromSeq: 1 }),
  ]) {
    expect((await refusal(command(again(admin), { webhookId }))).code).toBe("conflict");
  }
  await enableWebhook(again(admin), { webhookId });
  expect((await due(webhookId))?.events).toHaveLength(1);
  await disableWebhook(again(admin), { webhookId });
  await seal();
  const enabled = await enableWebhook(again(admin), { webhookId, skipMissed: true });
  expect(enabled).toMatchObject({ status: "active", disabledReason: null, behind: 0 });
  expect(await due(webhookId)).toBeUndefined();
});

test("a trial is told to one endpoint only, whatever its types", async () => {
  const { webhook } = await add({ events: ["run.failed"] });
  const other = await add();
  await sendTestEvent(again(admin), { webhookId: webhook.id });
  await seal();
  expect((await due(webhook.id))?.events.map(({ type }) => type)).toEqual(["webhook.tested"]);
  expect((await due(other.webhook.id))?.events).toEqual([]);
});

test("what was told can be told again, and the relay that was at it is fenced off", async () => {
  const { webhook } = await add();
  const { id: webhookId } = webhook;
  await happen();
  await happen();
  const lease = await engine.relay.claim({ limit: 100, batch: 10, leaseMs: 60_000 });
  const mine = lease.find(({ webhook_id }) => webhook_id === toUuid("webhook", webhookId));
  const [first, second] = mine?.events ?? [];
  const hold = { webhookId: toUuid("webhook", webhookId), version: mine?.version ?? 0 };
  const told = (event = first) => ({
    eventId: event?.id ?? "",
    type: event?.type ?? "",
    seq: event?.seq ?? 0,
    attempt: 1,
    httpStatus: 200,
    error: null,
    tookMs: 12.4,
  });
  expect(await engine.relay.delivered(hold, told(), 60_000)).toBe(true);
  const seq = first?.seq ?? 0;
  expect(await getWebhook(admin, { webhookId })).toMatchObject({ seq, behind: 1 });
  const ahead = refusal(redeliver(again(admin), { webhookId, fromSeq: seq + 2 }));
  expect((await ahead).code).toBe("invalid_input");
  expect(await redeliver(again(admin), { webhookId, fromSeq: seq })).toMatchObject({ behind: 2 });
  expect(await engine.relay.delivered(hold, told(second), 60_000)).toBe(false);
  expect((await due(webhookId))?.events.map((event) => event.seq)).toEqual([seq, seq + 1]);
  const { items } = await listDeliveries(admin, { webhookId });
  expect(items).toMatchObject([{ seq, status: "delivered", httpStatus: 200, tookMs: 12 }]);
  expect((await listDeliveries(admin, { webhookId, status: "failed" })).items).toEqual([]);
});

test("a tenant has at most twenty", async () => {
  for (let i = 0; i < 20; i++) await add();
  expect((await refusal(add())).code).toBe("conflict");
});

test("an address of Slack is a secret; people are told what is written for them", async () => {
  const slack = "https://hooks.slack.com/services/T000/B000/secret";
  const { webhook, secret } = await add({ url: slack, format: "slack" });
  expect(secret).toBeNull();
  expect(webhook).toMatchObject({
    format: "slack",
    url: "https://hooks.slack.com/…",
    titles: true,
  });
  expect(webhook.events).toContain("approval.requested");
  expect(webhook.events).not.toContain("steps.claimed");
  const { rows } = await t.owner.query(
    "select (select string_agg(body, '') from audit_log where tenant_id = $1) || (select string_agg(response::text, '') from idempotency_keys where tenant_id = $1) as kept",
    [admin.tenantId],
  );
  expect(rows[0].kept).toContain("hooks.slack.com");
  expect(rows[0].kept).not.toContain("B000");
  await sendTestEvent(again(admin), { webhookId: webhook.id });
  await seal();
  expect(await due(webhook.id)).toMatchObject({ format: "slack", url: slack, secrets: [] });
  const rotated = refusal(rotateWebhookSecret(again(admin), { webhookId: webhook.id }));
  expect((await rotated).code).toBe("conflict");
  const silent = refusal(add({ url: slack, format: "slack", events: ["steps.claimed"] }));
  expect((await silent).issues[0]?.path).toBe("/events/0");
});

test("mails go to members, and only where a mail server is configured", async () => {
  const email = (recipients: string[], ctx = admin) =>
    addWebhook(again(ctx), { format: "email", recipients });
  const me = admin.actor.id;
  expect((await refusal(email([me]))).code).toBe("mail_off");
  expect((await webhookChoices(admin)).mail).toBe(false);
  const mailing = { ...admin, plane: { ...admin.plane, mail: true } };
  const { webhook, secret } = await email([me, me], mailing);
  expect(secret).toBeNull();
  expect(webhook).toMatchObject({ format: "email", url: "mailto:", recipients: [{ userId: me }] });
  expect(webhook.recipients).toHaveLength(1);
  const stranger = (await (await t.tenant()).as("admin")).actor.id;
  for (const wrong of [[], [stranger], [me, randomUUID()]]) {
    expect((await refusal(email(wrong, mailing))).issues[0]?.path).toMatch(/^\/recipients/);
  }
  const { members, noticeTypes } = await webhookChoices(admin);
  expect(members.map(({ userId }) => userId)).toContain(me);
  expect(members.map(({ userId }) => userId)).not.toContain(stranger);
  expect(noticeTypes).toContain("dead_letter.added");
  expect((await refusal(webhookChoices(operator))).code).toBe("forbidden");
});

test("a removed endpoint is gone with all that belongs to it", async () => {
  const { webhook } = await add();
  await happen();
  await removeWebhook(again(admin), { webhookId: webhook.id });
  expect(await due(webhook.id)).toBeUndefined();
  expect((await refusal(getWebhook(admin, { webhookId: webhook.id }))).code).toBe("not_found");
  expect((await listWebhooks(admin, {})).items).toEqual([]);
});

test("admins only, and only of their own tenant", async () => {
  const { webhook } = await add();
  const { id: webhookId } = webhook;
  const stranger = await (await t.tenant()).as("admin");
  const byId: ((ctx: MemberContext) => Promise<unknown>)[] = [
    (ctx) => getWebhook(ctx, { webhookId }),
    (ctx) => listDeliveries(ctx, { webhookId }),
    (ctx) => removeWebhook(again(ctx), { webhookId }),
    (ctx) => enableWebhook(again(ctx), { webhookId }),
    (ctx) => disableWebhook(again(ctx), { webhookId }),
    (ctx) => rotateWebhookSecret(again(ctx), { webhookId }),
    (ctx) => sendTestEvent(again(ctx), { webhookId }),
    (ctx) => redeliver(again(ctx), { webhookId, fromSeq: 1 }),
  ];
  for (const call of byId) {
    expect((await refusal(call(operator))).code).toBe("forbidden");
    expect((await refusal(call(stranger))).code).toBe("not_found");
  }
  expect((await refusal(listWebhooks(operator, {}))).code).toBe("forbidden");
  expect((await refusal(addWebhook(again(operator), { url }))).code).toBe("forbidden");
  expect((await listWebhooks(stranger, {})).items).toEqual([]);
  expect(await getWebhook(admin, { webhookId })).toMatchObject({ status: "active" });
});
