import { parseMessage } from "@nofx/core/messages";
import { seedTenant, until } from "@nofx/db/testing";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startRelays, type Relays } from "./relay-harness.ts";

let t: Relays;
beforeAll(async () => {
  t = await startRelays();
});
afterEach(() => t.stopRelays());
afterAll(() => t[Symbol.asyncDispose]());

const RUN = ["run.queued", "run.started", "run.succeeded"];

test("events arrive in order, signed, and are what the message schema says", async () => {
  const tenant = await seedTenant(t.owner);
  const at = await t.receiver();
  const { id, secret } = await t.hook(tenant.id, at.url);
  await t.happen(tenant.id, [...RUN, ...RUN]);
  t.relay();
  await until("six are told", () => at.heard.length >= 6);
  expect(at.heard.map(({ type }) => type)).toEqual([...RUN, ...RUN]);
  for (const { id: event, headers, body } of at.heard) {
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(headers["webhook-id"]).toBe(event);
    expect(parseMessage(JSON.parse(body))).toMatchObject({ ok: true });
  }
  expect(at.heard.map(({ headers }) => headers["nofx-sequence"])).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
  ]);
  expect(new Set(at.heard.map((one) => one.id)).size).toBe(6);
  await until("the cursor is there", async () => (await t.cursor(id)).seq === 6);
  const { rows } = await t.owner.query(
    "select seq, attempt, status, http_status from webhook_deliveries where webhook_id = $1 order by seq",
    [id],
  );
  expect(rows[5]).toEqual({ seq: 6, attempt: 1, status: "delivered", http_status: 204 });
});

test("an endpoint hears of its types only, and of its own trials", async () => {
  const tenant = await seedTenant(t.owner);
  const [one, all] = [await t.receiver(), await t.receiver()];
  const { id } = await t.hook(tenant.id, one.url, ["run.succeeded"]);
  const other = await t.hook(tenant.id, all.url);
  await t.happen(tenant.id, RUN);
  await t.owner.query(
    `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
     values ($1, 'webhook.tested', $1, 'system', 'test', jsonb_build_object('webhook_id', $2::uuid))`,
    [tenant.id, id],
  );
  await t.happen(tenant.id, ["run.started"]);
  t.relay();
  await until("all is passed over", async () => (await t.cursor(id)).seq === 5);
  await until("by the other too", async () => (await t.cursor(other.id)).seq === 5);
  expect(one.heard.map(({ type }) => type)).toEqual(["run.succeeded", "webhook.tested"]);
  expect(all.heard.map(({ type }) => type)).toEqual([...RUN, "run.started"]);
});

test("what is not taken is not overtaken, and holds up nobody else", async () => {
  const tenant = await seedTenant(t.owner);
  const [dead, slow, well] = [await t.receiver(), await t.receiver(), await t.receiver()];
  dead.answer = () => ({ status: 500 });
  slow.answer = () => undefined;
  const failing = await t.hook(tenant.id, dead.url);
  await t.hook(tenant.id, slow.url);
  const { id } = await t.hook(tenant.id, well.url);
  await t.happen(tenant.id, RUN);
  t.relay();
  await until("the well one has all", async () => (await t.cursor(id)).seq === 3);
  expect(slow.heard).toHaveLength(1);
  await until("the dead one rests", async () => (await t.cursor(failing.id)).attempts === 1);
  await t.due(failing.id);
  await until("and is tried again", () => dead.heard.length === 2);
  dead.answer = () => ({ status: 200 });
  await until("it rests again", async () => (await t.cursor(failing.id)).attempts === 2);
  await t.due(failing.id);
  await until("the dead one has all", async () => (await t.cursor(failing.id)).seq === 3);
  const [first = ""] = dead.heard.map((one) => one.id);
  expect(dead.heard.map((one) => one.id).slice(0, 3)).toEqual([first, first, first]);
  expect(dead.heard.map(({ type }) => type).slice(2)).toEqual(RUN);
  expect(await t.cursor(failing.id)).toMatchObject({ attempts: 0, failing_since: null });
});

test.each([
  [{ status: 429, headers: { "retry-after": "3600" } }, 3_590, 3_601],
  [{ status: 503, headers: { "retry-after": "2" } }, 2, 7],
  [{ status: 302, headers: { location: "http://127.0.0.1:1/" } }, 2, 7],
  [{ status: 404 }, 2, 7],
])("after %j it rests", async (answer, least, most) => {
  const tenant = await seedTenant(t.owner);
  const at = await t.receiver();
  at.answer = () => answer;
  const { id } = await t.hook(tenant.id, at.url);
  await t.happen(tenant.id, ["run.queued"]);
  t.relay();
  await until("it rests", async () => (await t.cursor(id)).attempts === 1);
  const { rows } = await t.owner.query(
    `select extract(epoch from c.next_at - d.at)::float as rest, d.http_status
     from webhook_cursors c join webhook_deliveries d using (webhook_id) where c.webhook_id = $1`,
    [id],
  );
  expect(rows).toMatchObject([{ http_status: answer.status }]);
  expect(rows[0].rest).toBeGreaterThanOrEqual(least);
  expect(rows[0].rest).toBeLessThanOrEqual(most);
});

test("410 and five days of failure disable an endpoint, and that is an event", async () => {
  const tenant = await seedTenant(t.owner);
  const [gone, failing] = [await t.receiver(), await t.receiver()];
  gone.answer = () => ({ status: 410 });
  failing.answer = () => ({ status: 500 });
  const [a, b] = [await t.hook(tenant.id, gone.url), await t.hook(tenant.id, failing.url)];
  await t.owner.query(
    "update webhook_cursors set attempts = 24, failing_since = clock_timestamp() - interval '5 days' where webhook_id = $1",
    [b.id],
  );
  await t.happen(tenant.id, ["run.queued"]);
  t.relay();
  for (const [{ id }, disabled_reason] of [
    [a, "gone"],
    [b, "failing"],
  ] as const) {
    const found = await until("it is disabled", async () => {
      const row = await t.cursor(id);
      return row.status === "disabled" && row;
    });
    expect(found).toMatchObject({ disabled_reason });
  }
  const { rows } = await t.owner.query(
    "select payload from events where tenant_id = $1 and type = 'webhook.disabled' order by id",
    [tenant.id],
  );
  const payloads = rows.map(({ payload }) => payload as object);
  expect(payloads).toHaveLength(2);
  expect(payloads).toContainEqual({ webhook_id: a.id, reason: "gone" });
  await t.happen(tenant.id, ["run.started"]);
  await t.due(a.id);
  expect(await t.claimed(a.id)).toEqual([]);
});

test("taken but not noted is told again under the same id, by whoever comes next", async () => {
  const tenant = await seedTenant(t.owner);
  const at = await t.receiver();
  const { id } = await t.hook(tenant.id, at.url);
  await t.happen(tenant.id, RUN);
  // the process ends between the receiver's yes and the note of it: nothing of it is ever heard again
  const { promise: never } = Promise.withResolvers<never>();
  const dying = t.relay({ ...t.engine.relay, delivered: () => never }, { dies: true });
  await until("the first is told", () => at.heard.length === 1);
  void dying.stop();
  t.relay();
  expect((await t.cursor(id)).seq).toBe(0);
  await t.lapse(id);
  await until("all is told", async () => (await t.cursor(id)).seq === 3);
  expect(at.heard.map(({ type }) => type)).toEqual(["run.queued", ...RUN]);
  expect(at.heard[0]?.id).toBe(at.heard[1]?.id);
});

test("two relays never tell one endpoint at a time, and a lease that passed on writes nothing", async () => {
  const tenant = await seedTenant(t.owner);
  const at = await t.receiver();
  const { id } = await t.hook(tenant.id, at.url);
  await t.happen(tenant.id, RUN);
  const claims = await Promise.all([1, 2, 3, 4].map(() => t.claimed(id)));
  const [lease] = claims.flat();
  expect(claims.flat()).toHaveLength(1);
  await t.lapse(id);
  const [next] = await t.claimed(id);
  const old = { webhookId: id, version: lease?.version ?? 0 };
  const event = lease?.events[0] as { id: string; type: string; seq: number };
  const { id: eventId, type, seq } = event;
  const attempt = { eventId, type, seq, attempt: 1, httpStatus: 200, error: null, tookMs: 1 };
  expect(await t.engine.relay.delivered(old, attempt, 1_000)).toBe(false);
  const rest = { retryMs: 1, gone: true, giveUpMs: 1 };
  expect(await t.engine.relay.failed(old, attempt, rest)).toBe("lost");
  expect(await t.engine.relay.release(old, 3)).toBe(false);
  expect(await t.cursor(id)).toMatchObject({ seq: 0, attempts: 0, status: "active" });
  expect(await t.engine.relay.release({ webhookId: id, version: next?.version ?? 0 }, null)).toBe(
    true,
  );
  // four relays at a heap of events: each is told once, in order
  await t.happen(
    tenant.id,
    Array.from({ length: 60 }, () => "run.started"),
  );
  for (let i = 0; i < 4; i++) t.relay();
  await until("all is told", async () => (await t.cursor(id)).seq === 63);
  expect(at.heard.map(({ headers }) => Number(headers["nofx-sequence"]))).toEqual(
    Array.from({ length: 63 }, (_, i) => i + 1),
  );
});

test("an address that is not public is not called", async () => {
  const tenant = await seedTenant(t.owner);
  const { id } = await t.hook(tenant.id, "http://127.0.0.1:9/");
  await t.happen(tenant.id, ["run.queued"]);
  t.relay();
  await until("it failed", async () => (await t.cursor(id)).attempts === 1);
  const { rows } = await t.owner.query(
    "select error from webhook_deliveries where webhook_id = $1",
    [id],
  );
  expect(rows[0].error).toContain("public internet");
});
