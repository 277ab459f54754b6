import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseAllowedHosts } from "@nofx/control/net";
import { describePush } from "@nofx/control/push";
import { system } from "@nofx/control/seams";
import { createWorkerEngine, silentDoorbell, type WorkerEngine } from "@nofx/control/steps";
import { PushedStep } from "@nofx/core/contract";
import { toUuid } from "@nofx/core/vocabulary";
import { createPool } from "@nofx/db/client";
import {
  createTestDatabase,
  seedAgent,
  seedRun,
  seedTenant,
  until,
  type TestDatabase,
} from "@nofx/db/testing";
import { Webhook } from "standardwebhooks";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Fleet } from "../src/presence/fleet.ts";
import { pushLoop } from "../src/pusher/push-loop.ts";

// Steps posted to functions over real HTTP, with a real engine; what the functions do with them is the SDK's side.

let database: TestDatabase;
let owner: pg.Pool;
let engine: WorkerEngine;
let asEngine: pg.Pool;
const servers: Server[] = [];
const loops: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  asEngine = createPool({
    connectionString: database.url("nofx_worker"),
    applicationName: "test",
  });
  engine = createWorkerEngine({ connectionString: database.url("nofx_worker"), worker: "pusher" });
});
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  await Promise.all([owner.end(), asEngine.end(), engine.close()]);
  await database[Symbol.asyncDispose]();
});

interface Post {
  body: string;
  headers: Record<string, string>;
  pushed: PushedStep;
}

interface Func {
  port: number;
  posts: Post[];
  /** How it answers; nothing: it never does. */
  answer: (post: Post) => { status: number; headers?: Record<string, string> } | undefined;
}

async function func(): Promise<Func> {
  const made: Func = { port: 0, posts: [], answer: () => ({ status: 200 }) };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      const post = { body, headers, pushed: PushedStep.parse(JSON.parse(body)) };
      made.posts.push(post);
      const answer = made.answer(post);
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  made.port = (server.address() as AddressInfo).port;
  return made;
}

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;

/** An agent behind that function, with so many steps to do. */
async function agentAt(port: number, steps: number, maxConcurrency = 10) {
  const tenant = await seedTenant(owner);
  const agent = await seedAgent(owner, tenant.id, { capabilities: ["test.work"] });
  await owner.query(
    `insert into agent_endpoints (agent_id, tenant_id, url, key_id, max_concurrency, timeout_seconds, created_by)
     select $1, $2, $3, k.id, $4, 5, $1 from agent_keys k where k.agent_id = $1`,
    [agent.id, tenant.id, `http://127.0.0.1:${port}/steps`, maxConcurrency],
  );
  await owner.query(
    "insert into agent_endpoint_secrets (agent_id, tenant_id, secret) values ($1, $2, $3)",
    [agent.id, tenant.id, SECRET],
  );
  await seedRun(
    owner,
    tenant.id,
    Array.from({ length: steps }, (_, i) => ({
      name: `s${i}`,
      kind: "agent" as const,
      capability: "test.work",
      arguments: { capability: "test.work", input: { i } },
    })),
  );
  return agent;
}

function push(...functions: Func[]): void {
  const stopping = new AbortController();
  const done = pushLoop(
    {
      store: engine.push,
      doorbell: silentDoorbell(system.clock),
      fleet: new Fleet(system.random),
      seams: system,
      allowed: parseAllowedHosts(functions.map(({ port }) => `127.0.0.1:${port}`).join(",")),
      leaseSeconds: 30,
      describe: (_, row, leaseSeconds) =>
        describePush(row, undefined as never, {
          leaseSeconds,
          timeoutSeconds: 5,
          url: "http://127.0.0.1:9",
          token: "a token",
        }),
      onPushed: () => {},
    },
    stopping.signal,
    (error) => console.error(error),
  );
  loops.push({
    stop: () => {
      stopping.abort();
      return done;
    },
  });
}

const stepsOf = async (agentId: string) =>
  (
    await owner.query<{ status: string; crashes: number; failures: number; epoch: number }>(
      `select s.status, s.crashes, s.failures, s.epoch from steps s
       join agent_registry a on a.tenant_id = s.tenant_id where a.id = $1 order by s.name`,
      [agentId],
    )
  ).rows;

const endpointOf = async (agentId: string) =>
  (
    await owner.query(
      "select *, next_at > clock_timestamp() as rests from agent_endpoints where agent_id = $1",
      [agentId],
    )
  ).rows[0] as {
    attempts: number;
    rests: boolean;
    status: string;
    disabled_reason: string | null;
    last_error: string | null;
  };

/** As the function does over the agent API. */
const settle = (agent: { id: string; tenantId: string }, { step }: PushedStep) =>
  asEngine.query("select engine.settle($1, 'agent', $2, $3::jsonb)", [
    agent.id,
    agent.tenantId,
    JSON.stringify([
      {
        step_id: toUuid("step", step.id),
        epoch: step.epoch,
        outcome: "succeeded",
        output: null,
      },
    ]),
  ]);

test("a step is posted signed, once, with all that a function needs to go on", async () => {
  const f = await func();
  const agent = await agentAt(f.port, 1);
  push(f);
  await until("it is posted", async () => f.posts.length > 0);
  const { headers, body, pushed } = f.posts[0]!;
  expect(() => new Webhook(SECRET).verify(body, headers)).not.toThrow();
  expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow("signature");
  expect(headers["webhook-id"]).toBe(`${pushed.step.id}.1`);
  expect(pushed).toMatchObject({
    token: "a token",
    leaseSeconds: 30,
    timeoutSeconds: 5,
    step: { name: "s0", epoch: 1, input: { i: 0 } },
  });
  const held = await stepsOf(agent.id);
  expect(held).toMatchObject([{ status: "assigned", epoch: 1 }]);
});

test("a function holds no more than it may, and is given the next when one is settled", async () => {
  const f = await func();
  f.answer = () => undefined;
  const agent = await agentAt(f.port, 5, 2);
  push(f);
  await until("it has two", async () => f.posts.length === 2);
  await settle(agent, f.posts[0]!.pushed);
  await until("it has the third", async () => f.posts.length === 3);
  const statuses = (await stepsOf(agent.id)).map(({ status }) => status);
  expect(statuses.filter((status) => status === "assigned")).toHaveLength(2);
  expect(statuses.filter((status) => status === "queued")).toHaveLength(2);
});

test.each([
  ["full", 429, { attempts: 0, status: "active" }],
  ["wrong about the signature", 401, { attempts: 1, status: "active" }],
  ["gone", 410, { status: "disabled", disabled_reason: "gone" }],
])(
  "one that is %s has begun nothing: the step is as untouched as it was",
  async (_, status, is) => {
    const f = await func();
    f.answer = () => ({ status, headers: { "retry-after": "30" } });
    const agent = await agentAt(f.port, 1);
    push(f);
    await until("it is given back", async () => {
      const [step] = await stepsOf(agent.id);
      return step?.status === "queued" && step.epoch === 1;
    });
    expect(await stepsOf(agent.id)).toMatchObject([{ crashes: 0, failures: 0 }]);
    const endpoint = await endpointOf(agent.id);
    expect(endpoint).toMatchObject(is);
    expect(endpoint.rests).toBe(true);
    expect(f.posts).toHaveLength(1);
  },
);

test("one that cannot be reached rests; one that fails in the middle keeps the lease until it runs out", async () => {
  const f = await func();
  f.answer = () => ({ status: 502 });
  const away = await agentAt(9, 1);
  const broken = await agentAt(f.port, 1);
  push(f, { port: 9, posts: [], answer: () => undefined });
  await until("both are known to fail", async () => {
    const rows = await Promise.all([endpointOf(away.id), endpointOf(broken.id)]);
    return rows.every(({ attempts, rests }) => attempts === 1 && rests);
  });
  await until("what did not begin is given back", async () => {
    const [step] = await stepsOf(away.id);
    return step?.status === "queued";
  });
  expect(await stepsOf(broken.id)).toMatchObject([{ status: "assigned", crashes: 0 }]);
  expect((await endpointOf(broken.id)).last_error).toBe("It answered 502.");
});

test("an endpoint that failed is tried with one step, and is well when that is taken", async () => {
  const f = await func();
  const agent = await agentAt(f.port, 4);
  await owner.query(
    "update agent_endpoints set attempts = 3, failing_since = clock_timestamp() where agent_id = $1",
    [agent.id],
  );
  const [lease] = await engine.push.claim({ limit: 100, batch: 16, leaseMs: 30_000 });
  expect(lease).toMatchObject({ agent_id: agent.id, attempts: 3 });
  expect(lease!.steps).toHaveLength(1);
  await engine.push.noted(agent.id, { outcome: "taken", restMs: 0, giveUpMs: 1, error: null });
  push(f);
  await until("the others come", async () => f.posts.length === 3);
  expect(await endpointOf(agent.id)).toMatchObject({ attempts: 0, rests: false });
});

test("many workers never claim more for one function than it may hold", async () => {
  const agent = await agentAt(9, 40, 7);
  const claims = await Promise.all(
    Array.from({ length: 12 }, () => engine.push.claim({ limit: 100, batch: 16, leaseMs: 30_000 })),
  );
  const steps = claims.flat().filter(({ agent_id }) => agent_id === agent.id);
  expect(steps.flatMap((lease) => lease.steps)).toHaveLength(7);
});

test("an endpoint whose steps are not for it, or whose key has ended, keeps no other from being called", async () => {
  const f = await func();
  const [quarantined, ended, meant] = [
    await agentAt(f.port, 1),
    await agentAt(f.port, 1),
    await agentAt(f.port, 1),
  ];
  await owner.query(
    "update agent_registry set status = 'quarantined', status_by = 'person' where id = $1",
    [quarantined.id],
  );
  await owner.query("update agent_keys set expires_at = clock_timestamp() where agent_id = $1", [
    ended.id,
  ]);
  await owner.query(
    "update steps set preferred_agent_id = $1, preferred_until = clock_timestamp() + interval '1 h' where tenant_id = $2",
    [ended.id, meant.tenantId],
  );
  // only after those that have waited for longer
  const well = await agentAt(f.port, 1);
  const claim = (more = {}) => engine.push.claim({ limit: 1, batch: 1, leaseMs: 30_000, ...more });
  expect(await claim({ without: [well.tenantId] })).toEqual([]);
  const [lease] = await claim();
  expect(lease).toMatchObject({ agent_id: well.id, tenant_id: well.tenantId });
});
