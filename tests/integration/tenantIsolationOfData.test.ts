import { AGENT_ROUTES, type AgentRouteName } from "@nofx/core/contract";
import { toId, topicOf } from "@nofx/core/vocabulary";
import { seedRun, until } from "@nofx/db/testing";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Person } from "../../apps/web/test/test-web.ts";
import {
  expectNoTrace,
  OF_THE_PLANE,
  openTwoHouses,
  type TwoHouses,
} from "./fixtures/two-houses.ts";
import { announcement, CONTENT, PACK, type House } from "./fixtures/two-tenants.ts";

// As tenantIsolation.test.ts, through the doors below the API: tables, realtime, storage, and the agents' own.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

let t: TwoHouses;
let first: House;
let second: House;

beforeAll(async () => {
  t = await openTwoHouses();
  ({ first, second } = t);
});
afterAll(() => t.close());

/** Beside those of live rows and history together. */
const VIEWS = ["job_events", "plan_step_outcomes"];

const bothWays = () =>
  [
    [first, second],
    [second, first],
  ] as const;

describe("over supabase-js", () => {
  test("every table shows each tenant its own rows and none of the other's", async () => {
    const readable = (await t.tables()).filter((table) => table.readable);
    expect(readable.length).toBeGreaterThan(20);
    for (const { name, key } of readable) {
      for (const [mine, other] of bothWays()) {
        const from = () => t.supabase(mine.operator).from(name).select("*").limit(1_000);
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
        const table = () => t.supabase(mine.supervisor).from(name);
        const seen = await table().select("*");
        // of settings there are those of retention and those of messages
        const rows = name === "plane_settings" ? 2 : 1;
        expect([name, seen.error, seen.data?.length]).toEqual([name, null, rows]);
        expect(JSON.stringify(seen.data)).not.toContain("tenant");
        const { error } = await table()
          .delete()
          .neq({ worker_devices: "name", plane_settings: "key" }[name] ?? "worker", "");
        expect([name, error?.code]).toEqual([name, "42501"]);
      }
      expect([name, (await anybody.from(name).select("*")).data ?? []]).toEqual([name, []]);
    }
    const turned = await t
      .supabase(first.supervisor)
      .from("worker_devices")
      .update({ drain_requested_at: "2026-01-01T00:00:00Z" })
      .eq("name", "w");
    expect(turned.error?.code).toBe("42501");
  });

  test("the other tables show nobody anything", async () => {
    const closed = (await t.tables()).filter((table) => !table.readable).map(({ name }) => name);
    expect(closed).toContain("agent_keys");
    for (const name of closed) {
      for (const [mine] of bothWays()) {
        const { error } = await t.supabase(mine.supervisor).from(name).select("*").limit(1);
        expect([name, error?.code]).toEqual([name, "42501"]);
      }
    }
  });

  test("no table takes a write, from anybody: people write by commands", async () => {
    const before = await t.fingerprint(first);
    for (const { name, key } of await t.tables()) {
      for (const person of [second.supervisor, first.supervisor]) {
        const table = t.supabase(person).from(name);
        const tried = await Promise.all([
          table.insert({ [key]: first.tenantId } as never),
          table.update({ [key]: second.tenantId } as never).eq(key, first.tenantId),
          table.delete().eq(key, first.tenantId),
        ]);
        for (const { error } of tried) {
          // a view that unfolds rows, or joins tables, cannot be written by its owner either
          const view = VIEWS.includes(name) || name.endsWith("_all");
          expect([name, error?.code]).toEqual([name, view ? "55000" : "42501"]);
        }
      }
    }
    expect(await t.fingerprint(first)).toEqual(before);
  });

  test("there is no function to call", async () => {
    const { rows } = await t.web.owner.query<{ name: string }>(
      `select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'public' and has_function_privilege('authenticated', p.oid, 'execute')`,
    );
    expect(rows).toEqual([]);
    for (const schema of ["app", "engine", "storage", "realtime", "auth"]) {
      const { error } = await t.supabase(second.operator).schema(schema).rpc("tenant_ids");
      expect([schema, error === null]).toEqual([schema, false]);
    }
  });
});

describe("over realtime", () => {
  const nudge = (word: { topic: string; seq: number }) =>
    t.worker.query("select app.nudge($1)", [JSON.stringify([word])]);

  async function listen(as: Person, topic: string) {
    const client = t.supabase(as);
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
      const own = t.supabase(first.operator).storage.from(bucket);
      expect((await own.list(folder)).data).toHaveLength(1);
      expect(await (await own.download(path)).data?.text()).toBe(CONTENT);
      const signed = await own.createSignedUrl(path, 60);
      expect(await (await fetch(signed.data?.signedUrl ?? "")).text()).toBe(CONTENT);

      const foreign = t.supabase(second.supervisor).storage.from(bucket);
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
      const foreign = t.supabase(second.supervisor).storage.from(bucket);
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
    // whom they reach is in packages/control/test/messages
    send: undefined,
    reply: undefined,
    read: undefined,
    board: undefined,
    messageType: undefined,
    emit: { epoch: 1, name: "e", event: "paid", payload: 1 },
    // of the agent itself, whoever it is
    introduce: undefined,
    describe: undefined,
    token: undefined,
    demand: undefined,
    whoAmI: undefined,
    claim: undefined,
    heartbeats: undefined,
    heartbeat: { epoch: 1 },
    checkpoint: { epoch: 1, name: "draft", value: 1 },
    logs: {
      epoch: 1,
      lines: [{ seq: 0, at: "2026-01-01T00:00:00Z", level: "info", text: "x" }],
    },
    artifact: announcement("a.txt"),
    artifactComplete: { epoch: 1 },
    approval: { epoch: 1, name: "go", question: "Go on?" },
    toolBegin: { epoch: 1, name: "use", arguments: {} },
    toolEnd: { epoch: 1, name: "use", status: "succeeded" },
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

  test("another's steps are not renewed among one's own", async () => {
    const stepId = await first.claimedStep();
    const beat = { steps: [{ stepId, epoch: 1 }] };
    // its own claim may still be noted there
    const seen = async () => ({ ...(await t.fingerprint(first)), agent_presence: "" });
    const before = await seen();
    const refused = { stepId, held: false, leaseUntil: null, cancelRequested: false };
    expect(await second.agent("/steps/heartbeat", beat)).toMatchObject({
      status: 200,
      body: { steps: [refused] },
    });
    expect(await seen()).toEqual(before);
    expect(await first.agent("/steps/heartbeat", beat)).toMatchObject({
      status: 200,
      body: { steps: [{ stepId, held: true }] },
    });
  });

  test.each(names.filter((name) => verbs[name] !== undefined))(
    "%s of another's step is refused, and done for the one who holds it",
    async (name) => {
      const stepId = await first.claimedStep();
      let path = AGENT_ROUTES[name].path.replace("{stepId}", stepId).replace("{tool}", PACK);
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
      if (name === "toolEnd") {
        await first.agent(path.replace(/end$/, "begin"), verbs.toolBegin);
      }
      const verb = verbs[name];
      const body: unknown = typeof verb === "function" ? verb(stepId) : verb;
      const before = await t.fingerprint(first);
      expect(await second.agent(path, body)).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
      expect(await t.fingerprint(first)).toEqual(before);
      expect(await first.agent(path, body)).toMatchObject({ status: 200 });
    },
  );
});
