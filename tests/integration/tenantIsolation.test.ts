import { randomUUID } from "node:crypto";
import { AGENT_ROUTES, type AgentRouteName } from "@nofx/core/contract";
import { toId, topicOf } from "@nofx/core/vocabulary";
import { createPool } from "@nofx/db/client";
import { seedRun, until } from "@nofx/db/testing";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Person } from "../../apps/web/test/test-web.ts";
import {
  announcement,
  type Answer,
  CONTENT,
  type House,
  PACK,
  startTwoTenants,
} from "./fixtures/two-tenants.ts";

// Two tenants with the same things in them. Through every door, the second one's people and agents find nothing of the
// first's, while the first's own come through by the very same request.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

let t: Awaited<ReturnType<typeof startTwoTenants>>;
let first: House;
let second: House;
/** Numbers events and tells realtime of them. */
let worker: ReturnType<typeof createPool>;
const clients: SupabaseClient[] = [];

beforeAll(async () => {
  t = await startTwoTenants();
  ({ first, second } = t);
  worker = createPool({
    connectionString: t.web.stack.database.url("nofx_worker"),
    applicationName: "sealer",
    max: 1,
  });
  await worker.query("select engine.seal(10000)");
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.removeAllChannels()));
  for (const client of clients) void client.realtime.disconnect();
  await worker.end();
  await t[Symbol.asyncDispose]();
});

/** Every id by which something of a tenant could be recognised. */
const traces = (house: House) => [
  house.tenantId,
  house.publicTenantId,
  ...Object.values(house.ids),
  house.operator.email,
  house.supervisor.email,
];

function expectNoTrace(of: House, found: unknown): void {
  const text = JSON.stringify(found);
  for (const trace of traces(of)) expect(text).not.toContain(trace);
}

interface Door {
  /** Of the tRPC router. */
  procedure: string;
  rest: [method: "GET" | "POST", path: (ids: House["ids"]) => string];
  input: (ids: House["ids"]) => Record<string, unknown>;
  /** What a stranger gets who asks for what the first tenant has: a refusal, or a list without it. */
  stranger: "not_found" | "own list";
  /** Who may, where not everybody who works may. */
  by?: "admin";
}

const asker = (house: House, door: Door, usual: "operator" | "supervisor" = "operator"): Person =>
  house[door.by ?? usual];

const named = (stranger: Door["stranger"]) =>
  questions
    .filter((door) => door.stranger === stranger)
    .map((door) => [door.procedure, door] as const);

const get = (path: (ids: House["ids"]) => string): Door["rest"] => ["GET", path];
const nothing = () => ({});

const questions: Door[] = [
  {
    procedure: "approvals.list",
    rest: get(() => "/approvals?status=all"),
    input: () => ({ status: "all" }),
    stranger: "own list",
  },
  {
    procedure: "approvals.get",
    rest: get((ids) => `/approvals/${ids.approvalId}`),
    input: ({ approvalId }) => ({ approvalId }),
    stranger: "not_found",
  },
  {
    procedure: "artifacts.get",
    rest: get((ids) => `/artifacts/${ids.artifactId}`),
    input: ({ artifactId }) => ({ artifactId }),
    stranger: "not_found",
  },
  {
    procedure: "backlog.list",
    rest: get(() => `/backlog?pack=${PACK}`),
    input: () => ({ pack: PACK }),
    stranger: "own list",
  },
  {
    procedure: "backlog.packs",
    rest: get(() => "/backlog/packs"),
    input: nothing,
    stranger: "own list",
  },
  {
    procedure: "events.list",
    rest: get(() => "/events?after=0&limit=500"),
    input: () => ({ after: 0, limit: 500 }),
    stranger: "own list",
  },
  { procedure: "plans.list", rest: get(() => "/plans"), input: nothing, stranger: "own list" },
  ...(["plans.get", "plans.steps", "plans.gates"] as const).map((procedure): Door => ({
    procedure,
    rest: get(({ planId }) =>
      procedure === "plans.gates"
        ? `/gates/${planId}`
        : `/plans/${planId}${procedure === "plans.steps" ? "/steps" : ""}`,
    ),
    input: ({ planId }) => ({ planId }),
    stranger: "not_found",
  })),
  { procedure: "runs.list", rest: get(() => "/runs"), input: nothing, stranger: "own list" },
  ...(["get", "steps", "logs", "artifacts"] as const).map((name): Door => ({
    procedure: `runs.${name}`,
    rest: get(({ runId }) => `/runs/${runId}${name === "get" ? "" : `/${name}`}`),
    input: ({ runId }) => ({ runId }),
    stranger: "not_found",
  })),
  {
    procedure: "session.get",
    rest: get(() => "/session"),
    input: nothing,
    stranger: "own list",
  },
  {
    procedure: "webhooks.list",
    rest: get(() => "/webhooks"),
    input: nothing,
    stranger: "own list",
    by: "admin",
  },
  ...(["get", "deliveries"] as const).map((name): Door => ({
    procedure: `webhooks.${name}`,
    rest: get(({ webhookId }) => `/webhooks/${webhookId}${name === "get" ? "" : `/${name}`}`),
    input: ({ webhookId }) => ({ webhookId }),
    stranger: "not_found",
    by: "admin",
  })),
  { procedure: "waits.list", rest: get(() => "/waits"), input: nothing, stranger: "own list" },
  {
    procedure: "deadLetters.list",
    rest: get(() => "/dead-letters"),
    input: nothing,
    stranger: "own list",
  },
  {
    procedure: "deadLetters.get",
    rest: get(({ deadLetterId }) => `/dead-letters/${deadLetterId}`),
    input: ({ deadLetterId }) => ({ deadLetterId }),
    stranger: "not_found",
  },
  {
    procedure: "deadLetters.batches",
    rest: get(() => "/redrive-batches"),
    input: nothing,
    stranger: "own list",
  },
];

/** Told by the stranger first: the owner's success after it shows that nothing was wrong with the request. */
const commands: Door[] = [
  {
    procedure: "approvals.decide",
    rest: ["POST", (ids) => `/approvals/${ids.openApprovalId}`],
    input: (ids) => ({ approvalId: ids.openApprovalId, decision: "approve" }),
    stranger: "not_found",
  },
  {
    procedure: "backlog.import",
    rest: ["POST", () => "/backlog/import"],
    input: ({ uploadId }) => ({ uploadId }),
    stranger: "not_found",
  },
  {
    procedure: "plans.execute",
    rest: ["POST", () => "/auto-planner/execute"],
    input: ({ readyPlanId }) => ({ planId: readyPlanId }),
    stranger: "not_found",
  },
  {
    procedure: "events.send",
    rest: ["POST", () => "/events"],
    input: ({ runId }) => ({ name: "told", runId }),
    stranger: "not_found",
  },
  {
    procedure: "waits.sendMessage",
    rest: ["POST", ({ waitingStepId }) => `/steps/${waitingStepId}/messages`],
    input: ({ waitingStepId }) => ({ stepId: waitingStepId, payload: "hello" }),
    stranger: "not_found",
  },
  {
    procedure: "waits.answer",
    rest: ["POST", ({ waitId }) => `/waits/${waitId}`],
    input: ({ waitId }) => ({ waitId, answer: "yes" }),
    stranger: "not_found",
  },
  {
    procedure: "webhooks.redeliver",
    rest: ["POST", ({ webhookId }) => `/webhooks/${webhookId}/redeliver`],
    input: ({ webhookId }) => ({ webhookId, fromSeq: 1 }),
    stranger: "not_found",
    by: "admin",
  },
  // removing comes last
  ...(["disable", "enable", "rotate-secret", "test", "remove"] as const).map((verb): Door => ({
    procedure: `webhooks.${{ "rotate-secret": "rotateSecret", test: "sendTest" }[verb as string] ?? verb}`,
    rest: ["POST", ({ webhookId }) => `/webhooks/${webhookId}/${verb}`],
    input: ({ webhookId }) => ({ webhookId }),
    stranger: "not_found",
    by: "admin",
  })),
  {
    procedure: "workers.pullPlug",
    rest: ["POST", ({ runId }) => `/runs/${runId}/pull-plug`],
    input: ({ runId }) => ({ runId }),
    stranger: "not_found",
  },
];

/**
 * They name nothing of a tenant but by the caller's own; and what a stranger gets who cancels, forks, redrives or answers for
 * another's runs and letters is tested in packages/control/test/tenancy/control-isolation.test.ts.
 */
const OWN_ONLY = [
  ...["cancel", "cancelStep", "pause", "resume", "fork", "rerun"].map((verb) => `runs.${verb}`),
  ...[
    "acceptLoss",
    "discard",
    "redrive",
    "redriveMany",
    "resolve",
    "reveal",
    "stopBatch",
    "triage",
  ].map((verb) => `deadLetters.${verb}`),
  "backlog.createUpload",
  "plans.create",
  "system.health",
  "webhooks.add",
  // workers belong to the plane, not to a tenant: packages/control/test/workers
  "workers.drain",
  "workers.list",
  "workers.undrain",
];

async function byRest(as: Person, door: Door, ids: House["ids"], headers = {}): Promise<Answer> {
  const [method, path] = door.rest;
  const init = method === "GET" ? {} : { body: door.input(ids) };
  const response = await t.web.rest(`/api${path(ids)}`, { as, headers, ...init });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function byTrpc(as: Person, door: Door, ids: House["ids"], headers = {}): Promise<Answer> {
  const input = JSON.stringify(door.input(ids));
  const isQuery = door.rest[0] === "GET";
  const query = isQuery ? `?input=${encodeURIComponent(input)}` : "";
  const response = await t.web.trpc(
    new Request(`http://nofx.test/api/trpc/${door.procedure}${query}`, {
      method: door.rest[0],
      headers: {
        authorization: `Bearer ${as.token}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
        ...headers,
      },
      ...(isQuery ? {} : { body: input }),
    }),
  );
  const answer = (await response.json()) as {
    result?: { data: Answer["body"] };
    error?: { data: { problem: Answer["body"] } };
  };
  return { status: response.status, body: answer.result?.data ?? answer.error?.data.problem ?? {} };
}

test("every procedure of the router is in these lists", () => {
  const listed = [...questions, ...commands].map(({ procedure }) => procedure);
  expect([...listed, ...OWN_ONLY].toSorted()).toEqual(t.web.procedures.toSorted());
});

describe.each([
  ["REST", byRest],
  ["tRPC", byTrpc],
] as const)("over %s", (_name, ask) => {
  test.each(named("not_found"))(
    "%s answers the owner; to a stranger there is no such thing",
    async (_procedure, door) => {
      expect(await ask(asker(first, door), door, first.ids)).toMatchObject({ status: 200 });
      expect(await ask(asker(second, door), door, first.ids)).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
    },
  );

  test.each(named("own list"))(
    "%s tells each of the two what is theirs, and nothing of the other",
    async (_procedure, door) => {
      const own = await ask(asker(first, door), door, first.ids);
      const foreign = await ask(asker(second, door), door, first.ids);
      for (const { status, body } of [own, foreign]) {
        expect(status).toBe(200);
        expect(body["items"] ?? body).not.toEqual([]);
      }
      expectNoTrace(first, foreign.body);
      expectNoTrace(second, own.body);
    },
  );

  test("naming the other tenant opens nothing", async () => {
    for (const door of questions) {
      const headers = { "nofx-tenant": first.publicTenantId };
      expect(await ask(asker(second, door), door, first.ids, headers)).toMatchObject({
        status: 403,
        body: { code: "forbidden" },
      });
      expect(await ask(asker(first, door), door, first.ids, headers)).toMatchObject({
        status: 200,
      });
    }
  });

  test("a stranger's commands change nothing of the first tenant's", async () => {
    const before = await fingerprint(first);
    for (const door of commands) {
      expect(await ask(asker(second, door, "supervisor"), door, first.ids)).toMatchObject({
        status: 404,
      });
    }
    expect(await fingerprint(first)).toEqual(before);
  });
});

test("the first tenant's own people succeed with the same commands", async () => {
  const [decide, importing, execute] = commands as [Door, Door, Door];
  expect(await byRest(first.supervisor, decide, first.ids)).toMatchObject({ status: 200 });
  // The upload is found and read, and found to be no backlog.
  const read = await byRest(first.operator, importing, first.ids);
  expect(read.status).toBe(422);
  expect(await byTrpc(first.operator, execute, first.ids)).toMatchObject({ status: 200 });
  const waiting = commands.filter(({ procedure }) => /^(events|waits)\./.test(procedure));
  expect(waiting).toHaveLength(3);
  for (const door of waiting) {
    expect(await byRest(first.operator, door, first.ids)).toMatchObject({ status: 200 });
  }
  const hooks = commands.filter(({ procedure }) => procedure.startsWith("webhooks."));
  expect(hooks).toHaveLength(6);
  for (const door of hooks) {
    expect(await byRest(first.admin, door, first.ids)).toMatchObject({ status: 200 });
  }
  const claim = { capabilities: ["test.work"], max: 1, waitSeconds: 0, worker: "test" };
  expect(await first.agent("/steps/claim", claim)).toMatchObject({
    body: { steps: [{ id: first.ids.waitingStepId }] },
  });
});

interface TableRow {
  name: string;
  readable: boolean;
  key: string;
}

/** From the catalog, so that a new table is part of it without anybody's thinking of it. */
async function tables(): Promise<TableRow[]> {
  const { rows } = await t.web.owner.query<TableRow>(
    `select c.relname as name,
            has_table_privilege('authenticated', c.oid, 'select') as readable,
            case when c.relname = 'tenants' then 'id' else 'tenant_id' end as key
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and c.relname <> all ($1)
     order by 1`,
    [OF_THE_PLANE],
  );
  return rows;
}

/** They hold nothing of any tenant. */
const OF_THE_PLANE = ["worker_devices", "worker_heartbeats"];

/** One digest a table of all rows of a tenant, read by the owner of the database. */
async function fingerprint(house: House): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, key } of await tables()) {
    // An idempotency key is the caller's own note of having asked.
    if (name === "idempotency_keys") continue;
    const { rows } = await t.web.owner.query<{ digest: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(x::text, '|' order by x::text), '')) as digest
       from public.${name} x where ${key} = $1`,
      [house.tenantId],
    );
    found[name] = rows[0]?.digest ?? "";
  }
  return found;
}

/** supabase-js as a browser has it, signed in. */
function supabase(as: Person): SupabaseClient {
  const client = createClient(t.web.gatewayUrl, t.web.stack.keys.publishableKey, {
    accessToken: async () => as.token,
  });
  clients.push(client);
  return client;
}

const bothWays = () =>
  [
    [first, second],
    [second, first],
  ] as const;

describe("over supabase-js", () => {
  test("every table shows each tenant its own rows and none of the other's", async () => {
    const readable = (await tables()).filter((table) => table.readable);
    expect(readable.length).toBeGreaterThan(20);
    for (const { name, key } of readable) {
      for (const [mine, other] of bothWays()) {
        const from = () => supabase(mine.operator).from(name).select("*").limit(1_000);
        const seen = await from();
        expect([name, seen.error]).toEqual([name, null]);
        const owners = new Set(seen.data?.map((row: Record<string, unknown>) => row[key]));
        expect([name, ...owners]).toEqual([name, mine.tenantId]);
        const foreign = await from().eq(key, other.tenantId);
        expect([name, foreign.data]).toEqual([name, []]);
        expectNoTrace(other, seen.data);
      }
    }
  });

  test("what belongs to the plane is the same for all members, and takes no write", async () => {
    await t.web.owner.query("select engine.worker_hello('w', 'h', 1, '1', '{shell@1}', 4, false)");
    await t.web.owner.query("select engine.worker_beat('w', 0, 4, 0, 0)");
    const anybody = createClient(t.web.gatewayUrl, t.web.stack.keys.publishableKey);
    for (const name of OF_THE_PLANE) {
      for (const [mine] of bothWays()) {
        const table = () => supabase(mine.supervisor).from(name);
        const seen = await table().select("*");
        expect([name, seen.error, seen.data?.length]).toEqual([name, null, 1]);
        expect(JSON.stringify(seen.data)).not.toContain("tenant");
        const { error } = await table()
          .delete()
          .neq(name === "worker_devices" ? "name" : "worker", "");
        expect([name, error?.code]).toEqual([name, "42501"]);
      }
      expect([name, (await anybody.from(name).select("*")).data ?? []]).toEqual([name, []]);
    }
    const turned = await supabase(first.supervisor)
      .from("worker_devices")
      .update({ drain_requested_at: "2026-01-01T00:00:00Z" })
      .eq("name", "w");
    expect(turned.error?.code).toBe("42501");
  });

  test("the other tables show nobody anything", async () => {
    const closed = (await tables()).filter((table) => !table.readable).map(({ name }) => name);
    expect(closed).toContain("agent_keys");
    for (const name of closed) {
      for (const [mine] of bothWays()) {
        const { error } = await supabase(mine.supervisor).from(name).select("*").limit(1);
        expect([name, error?.code]).toEqual([name, "42501"]);
      }
    }
  });

  test("no table takes a write, from anybody: people write by commands", async () => {
    const before = await fingerprint(first);
    for (const { name, key } of await tables()) {
      for (const person of [second.supervisor, first.supervisor]) {
        const table = supabase(person).from(name);
        const inserted = await table.insert({ [key]: first.tenantId } as never);
        const updated = await table
          .update({ [key]: second.tenantId } as never)
          .eq(key, first.tenantId);
        const deleted = await table.delete().eq(key, first.tenantId);
        for (const { error } of [inserted, updated, deleted]) {
          // a view that unfolds rows cannot be written by its owner either
          expect([name, error?.code]).toEqual([name, name === "job_events" ? "55000" : "42501"]);
        }
      }
    }
    expect(await fingerprint(first)).toEqual(before);
  });

  test("there is no function to call", async () => {
    const { rows } = await t.web.owner.query<{ name: string }>(
      `select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'public' and has_function_privilege('authenticated', p.oid, 'execute')`,
    );
    expect(rows).toEqual([]);
    for (const schema of ["app", "engine", "storage", "realtime", "auth"]) {
      const { error } = await supabase(second.operator).schema(schema).rpc("tenant_ids");
      expect([schema, error === null]).toEqual([schema, false]);
    }
  });
});

describe("over realtime", () => {
  const nudge = (word: { topic: string; seq: number }) =>
    worker.query("select app.nudge($1)", [JSON.stringify([word])]);

  async function listen(as: Person, topic: string) {
    const client = supabase(as);
    await client.realtime.setAuth(as.token);
    const channel = client.channel(topic, { config: { private: true } });
    const heard: unknown[] = [];
    channel.on("broadcast", { event: "*" }, ({ payload }) => heard.push(payload));
    const status = await new Promise<string>((done) => {
      channel.subscribe((status: string) => done(status));
    });
    return { heard, status };
  }

  test("a stranger cannot join, and hears nothing of what the owner hears", async () => {
    const topics = [
      topicOf.tenant(first.tenantId),
      topicOf.approvals(first.tenantId),
      topicOf.run(first.ids.runUuid),
    ];
    const own = await Promise.all(topics.map((topic) => listen(first.operator, topic)));
    expect(own.map(({ status }) => status)).toEqual(topics.map(() => "SUBSCRIBED"));
    const foreign = await Promise.all(topics.map((topic) => listen(second.supervisor, topic)));
    expect(foreign.map(({ status }) => status)).toEqual(topics.map(() => "CHANNEL_ERROR"));
    const elsewhere = await listen(second.operator, topicOf.tenant(second.tenantId));
    expect(elsewhere.status).toBe("SUBSCRIBED");

    for (const topic of topics) {
      await nudge({ topic, seq: 1 });
    }
    for (const { heard } of own) await until("a nudge", () => heard.length > 0);
    // A word to the second tenant, sent after those to the first, is the first that it hears.
    const topic = topicOf.tenant(second.tenantId);
    await nudge({ topic, seq: 2 });
    await until("a nudge", () => elsewhere.heard.length > 0);
    expect(elsewhere.heard).toMatchObject([{ topic, seq: 2 }]);
    for (const { heard } of foreign) expect(heard).toEqual([]);
  });

  test("a stranger cannot say anything there either", async () => {
    const topic = topicOf.tenant(first.tenantId);
    const own = await listen(first.operator, topic);
    const said = { type: "broadcast", event: "nudge", payload: { from: "a stranger" } } as const;
    await fetch(`${t.web.gatewayUrl}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: {
        apikey: t.web.stack.keys.publishableKey,
        authorization: `Bearer ${second.supervisor.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ messages: [{ ...said, topic, private: true }] }),
    });
    await nudge({ topic, seq: 3 });
    await until("the nudge of the plane", () => own.heard.length > 0);
    expect(own.heard).toMatchObject([{ topic, seq: 3 }]);
  });
});

describe("over storage", () => {
  const objects = async () =>
    (
      await t.web.owner.query<{ name: string }>(
        "select bucket_id, name, updated_at, metadata from storage.objects order by 1, 2",
      )
    ).rows;

  test.each(["artifacts", "uploads"] as const)(
    "%s: the owner reads, a stranger finds nothing",
    async (bucket) => {
      const path = bucket === "artifacts" ? first.ids.artifactPath : first.ids.uploadPath;
      const folder = path.slice(0, path.lastIndexOf("/"));
      const own = supabase(first.operator).storage.from(bucket);
      expect((await own.list(folder)).data).toHaveLength(1);
      expect(await (await own.download(path)).data?.text()).toBe(CONTENT);
      const signed = await own.createSignedUrl(path, 60);
      expect(await (await fetch(signed.data?.signedUrl ?? "")).text()).toBe(CONTENT);

      const foreign = supabase(second.supervisor).storage.from(bucket);
      for (const place of [folder, first.tenantId]) {
        expect((await foreign.list(place)).data ?? []).toEqual([]);
      }
      expectNoTrace(first, (await foreign.list("")).data);
      expect((await foreign.list("")).data).not.toEqual([]);
      for (const name of tricks(path)) {
        expect([name, (await foreign.download(name)).data]).toEqual([name, null]);
        expect([name, (await foreign.createSignedUrl(name, 60)).data]).toEqual([name, null]);
        const raw = await fetch(
          `${t.web.gatewayUrl}/storage/v1/object/authenticated/${bucket}/${name}`,
          {
            headers: {
              apikey: t.web.stack.keys.publishableKey,
              authorization: `Bearer ${second.supervisor.token}`,
            },
          },
        );
        expect([name, raw.ok]).toEqual([name, false]);
      }
      const open = await fetch(`${t.web.gatewayUrl}/storage/v1/object/public/${bucket}/${path}`);
      expect(open.ok).toBe(false);
    },
  );

  test.each(["artifacts", "uploads"] as const)(
    "%s: a stranger puts nothing there and removes nothing",
    async (bucket) => {
      const before = await objects();
      const path = bucket === "artifacts" ? first.ids.artifactPath : first.ids.uploadPath;
      const mine = bucket === "artifacts" ? second.ids.artifactPath : second.ids.uploadPath;
      const foreign = supabase(second.supervisor).storage.from(bucket);
      const file = new Blob(["planted"]);
      for (const name of [...tricks(path), ...tricks(`${first.tenantId}/planted.txt`)]) {
        for (const { error } of [
          await foreign.upload(name, file),
          await foreign.upload(name, file, { upsert: true }),
          await foreign.createSignedUploadUrl(name),
          await foreign.createSignedUploadUrl(name, { upsert: true }),
          await foreign.copy(name, `${second.tenantId}/stolen.txt`),
          await foreign.move(name, `${second.tenantId}/stolen.txt`),
          await foreign.copy(mine, name),
          await foreign.move(mine, name),
        ]) {
          expect([name, error === null]).toEqual([name, false]);
        }
        expect((await foreign.remove([name])).data ?? []).toEqual([]);
      }
      expect(await objects()).toEqual(before);
    },
  );

  test("an address signed for one's own file opens no other", async () => {
    const response = await t.web.rest("/api/uploads", {
      as: second.operator,
      body: { purpose: "backlog", contentType: "application/json", size: 7 },
    });
    const { url, headers } = (await response.json()) as {
      url: string;
      headers: Record<string, string>;
    };
    expect(url).toContain(second.tenantId);
    const before = await objects();
    const turned = url.replace(second.tenantId, first.tenantId);
    expect((await fetch(turned, { method: "PUT", headers, body: "planted" })).ok).toBe(false);
    expect(await objects()).toEqual(before);
    expect((await fetch(url, { method: "PUT", headers, body: "planted" })).ok).toBe(true);
  });

  /** The path itself, and ways to write it that a careless comparison takes for the stranger's own. */
  function tricks(path: string): string[] {
    return [
      path,
      `${second.tenantId}/../${path}`,
      `${second.tenantId}/%2e%2e/${path}`,
      `./${path}`,
      path.toUpperCase().replace(/[^/]*$/, path.slice(path.lastIndexOf("/") + 1)),
    ];
  }
});

describe("over the agent API", () => {
  /** By route, what is sent about a step; `undefined` for those that name none. */
  const verbs: Record<AgentRouteName, unknown> = {
    wait: { epoch: 1, name: "w", options: [{ option: "later", seconds: 3_600 }] },
    spawn: {
      epoch: 1,
      children: [{ name: "c", kind: "wait", with: { seconds: 3_600 } }],
    },
    // to itself
    message: (stepId: string) => ({ epoch: 1, to: stepId, payload: 1, sentAs: "m" }),
    whoAmI: undefined,
    claim: undefined,
    heartbeat: { epoch: 1 },
    checkpoint: { epoch: 1, name: "draft", value: 1 },
    logs: {
      epoch: 1,
      lines: [{ seq: 0, at: "2026-01-01T00:00:00Z", level: "info", text: "x" }],
    },
    artifact: announcement("a.txt"),
    artifactComplete: { epoch: 1 },
    approval: { epoch: 1, name: "go", question: "Go on?" },
    complete: { epoch: 1, output: null },
    fail: { epoch: 1, error: { code: "agent_error", message: "no" } },
    release: { epoch: 1 },
  };
  const names = Object.keys(AGENT_ROUTES) as AgentRouteName[];

  test("an agent is known as its own tenant's, and claims that tenant's steps only", async () => {
    const own = await first.agent("/agent");
    const foreign = await second.agent("/agent");
    expect([own.status, foreign.status]).toEqual([200, 200]);
    expect(own.body).not.toEqual(foreign.body);

    const waiting = await seedWaiting();
    const claim = { capabilities: ["test.work"], max: 100, waitSeconds: 0, worker: "test" };
    const taken = await second.agent("/steps/claim", claim);
    expect(taken).toMatchObject({ status: 200, body: { steps: [] } });
    const given = await first.agent("/steps/claim", claim);
    const steps = given.body["steps"] as { runId: string }[];
    expect(steps.map(({ runId }) => runId)).toEqual([waiting]);
  });

  async function seedWaiting(): Promise<string> {
    const work = { kind: "agent", arguments: { capability: "test.work", input: {} } } as const;
    const run = await seedRun(t.web.owner, first.tenantId, [{ name: "waiting", ...work }]);
    return toId("run", run.id);
  }

  test.each(names.filter((name) => verbs[name] !== undefined))(
    "%s of another's step is refused, and done for the one who holds it",
    async (name) => {
      const stepId = await first.claimedStep();
      let path = `/steps/${stepId}${AGENT_ROUTES[name].path.replace(/^.*\{stepId\}/, "")}`;
      if (name === "artifactComplete") {
        const announced = await first.agent(`/steps/${stepId}/artifacts`, announcement("a.txt"));
        const { artifactId, uploadUrl, headers } = announced.body as {
          artifactId: string;
          uploadUrl: string;
          headers: Record<string, string>;
        };
        await fetch(uploadUrl, { method: "PUT", headers, body: CONTENT });
        path = path.replace("{artifactId}", artifactId);
      }
      const verb = verbs[name];
      const body: unknown = typeof verb === "function" ? verb(stepId) : verb;
      const before = await fingerprint(first);
      expect(await second.agent(path, body)).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
      expect(await fingerprint(first)).toEqual(before);
      expect(await first.agent(path, body)).toMatchObject({ status: 200 });
    },
  );
});
