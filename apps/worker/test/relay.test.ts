import { createServer, type Server } from "node:http";
import { randomBytes, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { parseAllowedHosts } from "@nofx/control/net";
import { createWorkerEngine, type RelayStore, type WorkerEngine } from "@nofx/control/steps";
import { parseMessage } from "@nofx/core/messages";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedTenant, until, type TestDatabase } from "@nofx/db/testing";
import type pg from "pg";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { relayLoop } from "../src/relay/relay-loop.ts";
import { system } from "@nofx/control/seams";

interface Heard {
  id: string;
  type: string;
  headers: Record<string, string>;
  body: string;
}
interface Receiver {
  url: string;
  heard: Heard[];
  /** How it answers; nothing: it never does. */
  answer: (heard: Heard) => { status: number; headers?: Record<string, string> } | undefined;
}

let database: TestDatabase;
let owner: pg.Pool;
let engine: WorkerEngine;
const servers: Server[] = [];
const relays: { stop(): Promise<void> }[] = [];
const ports = new Set<string>();

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  engine = createWorkerEngine({ connectionString: database.url("nofx_worker"), worker: "relay" });
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await engine.close();
  await owner.end();
  await database.drop();
});

async function receiver(): Promise<Receiver> {
  const heard: Heard[] = [];
  const made: Receiver = { url: "", heard, answer: () => ({ status: 204 }) };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      const { id, type } = JSON.parse(body) as { id: string; type: string };
      const one = { id, type, headers, body };
      heard.push(one);
      const answer = made.answer(one);
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  ports.add(host);
  made.url = `http://${host}/hook`;
  return made;
}

function relay(store: RelayStore = engine.relay): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const allowed = parseAllowedHosts([...ports].join(","));
  const seams = system;
  const done = relayLoop({ store, seams, allowed, onTold: () => {} }, stopping.signal, () => {});
  const started = {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
  relays.push(started);
  return started;
}

async function hook(tenantId: string, url: string, types: string[] = []) {
  const [id, secret] = [randomUUID(), `whsec_${randomBytes(32).toString("base64")}`];
  await owner.query(
    "insert into webhooks (id, tenant_id, url, event_types, created_by) values ($1, $2, $3, $4, $5)",
    [id, tenantId, url, types, randomUUID()],
  );
  await owner.query(
    "insert into webhook_secrets (webhook_id, tenant_id, secret) values ($1, $2, $3)",
    [id, tenantId, secret],
  );
  await owner.query("insert into webhook_cursors (webhook_id, tenant_id, seq) values ($1, $2, 0)", [
    id,
    tenantId,
  ]);
  return { id, secret };
}

/** Writes events and seals them. */
async function happen(tenantId: string, types: string[]): Promise<void> {
  for (const type of types) {
    await owner.query(
      `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
       values ($1, $2, $3, 'system', 'test', jsonb_build_object('run_id', $3::uuid))`,
      [tenantId, type, randomUUID()],
    );
  }
  await until("all is sealed", async () => {
    await engine.seal(1_000);
    const { rows } = await owner.query("select from events where tenant_id = $1 and seq is null", [
      tenantId,
    ]);
    return rows.length === 0;
  });
}

async function cursor(id: string) {
  const { rows } = await owner.query(
    "select c.*, w.status, w.disabled_reason from webhook_cursors c join webhooks w on w.id = c.webhook_id where w.id = $1",
    [id],
  );
  return rows[0] as Record<string, unknown> & { seq: number; attempts: number; status: string };
}
const due = (id: string) =>
  owner.query("update webhook_cursors set next_at = clock_timestamp() where webhook_id = $1", [id]);
/** What time does to a lease whose relay is gone. */
const lapse = (id: string) =>
  owner.query("update webhook_cursors set lease_until = clock_timestamp() where webhook_id = $1", [
    id,
  ]);

/** The leases of one endpoint that a claim gets. */
const claimed = async (id: string) =>
  (await engine.relay.claim({ limit: 100, batch: 10, leaseMs: 45_000 })).filter(
    ({ webhook_id }) => webhook_id === id,
  );

const RUN = ["run.queued", "run.started", "run.succeeded"];

test("events arrive in order, signed, and are what the message schema says", async () => {
  const tenant = await seedTenant(owner);
  const at = await receiver();
  const { id, secret } = await hook(tenant.id, at.url);
  await happen(tenant.id, [...RUN, ...RUN]);
  relay();
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
  await until("the cursor is there", async () => (await cursor(id)).seq === 6);
  const { rows } = await owner.query(
    "select seq, attempt, status, http_status from webhook_deliveries where webhook_id = $1 order by seq",
    [id],
  );
  expect(rows[5]).toEqual({ seq: 6, attempt: 1, status: "delivered", http_status: 204 });
});

test("an endpoint hears of its types only, and of its own trials", async () => {
  const tenant = await seedTenant(owner);
  const [one, all] = [await receiver(), await receiver()];
  const { id } = await hook(tenant.id, one.url, ["run.succeeded"]);
  const other = await hook(tenant.id, all.url);
  await happen(tenant.id, RUN);
  await owner.query(
    `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
     values ($1, 'webhook.tested', $1, 'system', 'test', jsonb_build_object('webhook_id', $2::uuid))`,
    [tenant.id, id],
  );
  await happen(tenant.id, ["run.started"]);
  relay();
  await until("all is passed over", async () => (await cursor(id)).seq === 5);
  await until("by the other too", async () => (await cursor(other.id)).seq === 5);
  expect(one.heard.map(({ type }) => type)).toEqual(["run.succeeded", "webhook.tested"]);
  expect(all.heard.map(({ type }) => type)).toEqual([...RUN, "run.started"]);
});

test("what is not taken is not overtaken, and holds up nobody else", async () => {
  const tenant = await seedTenant(owner);
  const [dead, slow, well] = [await receiver(), await receiver(), await receiver()];
  dead.answer = () => ({ status: 500 });
  slow.answer = () => undefined;
  const failing = await hook(tenant.id, dead.url);
  await hook(tenant.id, slow.url);
  const { id } = await hook(tenant.id, well.url);
  await happen(tenant.id, RUN);
  relay();
  await until("the well one has all", async () => (await cursor(id)).seq === 3);
  expect(slow.heard).toHaveLength(1);
  await until("the dead one rests", async () => (await cursor(failing.id)).attempts === 1);
  await due(failing.id);
  await until("and is tried again", () => dead.heard.length === 2);
  dead.answer = () => ({ status: 200 });
  await until("it rests again", async () => (await cursor(failing.id)).attempts === 2);
  await due(failing.id);
  await until("the dead one has all", async () => (await cursor(failing.id)).seq === 3);
  const [first = ""] = dead.heard.map((one) => one.id);
  expect(dead.heard.map((one) => one.id).slice(0, 3)).toEqual([first, first, first]);
  expect(dead.heard.map(({ type }) => type).slice(2)).toEqual(RUN);
  expect(await cursor(failing.id)).toMatchObject({ attempts: 0, failing_since: null });
});

test.each([
  [{ status: 429, headers: { "retry-after": "3600" } }, 3_590, 3_601],
  [{ status: 503, headers: { "retry-after": "2" } }, 2, 7],
  [{ status: 302, headers: { location: "http://127.0.0.1:1/" } }, 2, 7],
  [{ status: 404 }, 2, 7],
])("after %j it rests", async (answer, least, most) => {
  const tenant = await seedTenant(owner);
  const at = await receiver();
  at.answer = () => answer;
  const { id } = await hook(tenant.id, at.url);
  await happen(tenant.id, ["run.queued"]);
  relay();
  await until("it rests", async () => (await cursor(id)).attempts === 1);
  const { rows } = await owner.query(
    `select extract(epoch from c.next_at - d.at)::float as rest, d.http_status
     from webhook_cursors c join webhook_deliveries d using (webhook_id) where c.webhook_id = $1`,
    [id],
  );
  expect(rows).toMatchObject([{ http_status: answer.status }]);
  expect(rows[0].rest).toBeGreaterThanOrEqual(least);
  expect(rows[0].rest).toBeLessThanOrEqual(most);
});

test("410 and five days of failure disable an endpoint, and that is an event", async () => {
  const tenant = await seedTenant(owner);
  const [gone, failing] = [await receiver(), await receiver()];
  gone.answer = () => ({ status: 410 });
  failing.answer = () => ({ status: 500 });
  const [a, b] = [await hook(tenant.id, gone.url), await hook(tenant.id, failing.url)];
  await owner.query(
    "update webhook_cursors set attempts = 24, failing_since = clock_timestamp() - interval '5 days' where webhook_id = $1",
    [b.id],
  );
  await happen(tenant.id, ["run.queued"]);
  relay();
  for (const [{ id }, disabled_reason] of [
    [a, "gone"],
    [b, "failing"],
  ] as const) {
    const found = await until("it is disabled", async () => {
      const row = await cursor(id);
      return row.status === "disabled" && row;
    });
    expect(found).toMatchObject({ disabled_reason });
  }
  const { rows } = await owner.query(
    "select payload from events where tenant_id = $1 and type = 'webhook.disabled' order by id",
    [tenant.id],
  );
  const payloads = rows.map(({ payload }) => payload as object);
  expect(payloads).toHaveLength(2);
  expect(payloads).toContainEqual({ webhook_id: a.id, reason: "gone" });
  await happen(tenant.id, ["run.started"]);
  await due(a.id);
  expect(await claimed(a.id)).toEqual([]);
});

test("taken but not noted is told again under the same id, by whoever comes next", async () => {
  const tenant = await seedTenant(owner);
  const at = await receiver();
  const { id } = await hook(tenant.id, at.url);
  await happen(tenant.id, RUN);
  // the process ends between the receiver's yes and the note of it: nothing of it is ever heard again
  const { promise: never } = Promise.withResolvers<never>();
  const dying = { ...engine.relay, delivered: () => never };
  const stopped = new AbortController();
  void relayLoop(
    { store: dying, seams: system, allowed: parseAllowedHosts([...ports].join(",")), onTold() {} },
    stopped.signal,
    () => {},
  );
  await until("the first is told", () => at.heard.length === 1);
  stopped.abort();
  relay();
  expect((await cursor(id)).seq).toBe(0);
  await lapse(id);
  await until("all is told", async () => (await cursor(id)).seq === 3);
  expect(at.heard.map(({ type }) => type)).toEqual(["run.queued", ...RUN]);
  expect(at.heard[0]?.id).toBe(at.heard[1]?.id);
});

test("two relays never tell one endpoint at a time, and a lease that passed on writes nothing", async () => {
  const tenant = await seedTenant(owner);
  const at = await receiver();
  const { id } = await hook(tenant.id, at.url);
  await happen(tenant.id, RUN);
  const claims = await Promise.all([1, 2, 3, 4].map(() => claimed(id)));
  const [lease] = claims.flat();
  expect(claims.flat()).toHaveLength(1);
  await lapse(id);
  const [next] = await claimed(id);
  const old = { webhookId: id, version: lease?.version ?? 0 };
  const event = lease?.events[0] as { id: string; type: string; seq: number };
  const { id: eventId, type, seq } = event;
  const attempt = { eventId, type, seq, attempt: 1, httpStatus: 200, error: null, tookMs: 1 };
  expect(await engine.relay.delivered(old, attempt, 1_000)).toBe(false);
  const rest = { retryMs: 1, gone: true, giveUpMs: 1 };
  expect(await engine.relay.failed(old, attempt, rest)).toBe("lost");
  expect(await engine.relay.release(old, 3)).toBe(false);
  expect(await cursor(id)).toMatchObject({ seq: 0, attempts: 0, status: "active" });
  expect(await engine.relay.release({ webhookId: id, version: next?.version ?? 0 }, null)).toBe(
    true,
  );
  // four relays at a heap of events: each is told once, in order
  await happen(
    tenant.id,
    Array.from({ length: 60 }, () => "run.started"),
  );
  for (let i = 0; i < 4; i++) relay();
  await until("all is told", async () => (await cursor(id)).seq === 63);
  expect(at.heard.map(({ headers }) => Number(headers["nofx-sequence"]))).toEqual(
    Array.from({ length: 63 }, (_, i) => i + 1),
  );
});

test("an address that is not public is not called", async () => {
  const tenant = await seedTenant(owner);
  const { id } = await hook(tenant.id, "http://127.0.0.1:9/");
  await happen(tenant.id, ["run.queued"]);
  relay();
  await until("it failed", async () => (await cursor(id)).attempts === 1);
  const { rows } = await owner.query("select error from webhook_deliveries where webhook_id = $1", [
    id,
  ]);
  expect(rows[0].error).toContain("public internet");
});
