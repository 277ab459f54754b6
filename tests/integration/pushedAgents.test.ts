import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { seedAgent, seedRun, seedTenant, until } from "@nofx/db/testing";
import { createAgentClient, defineAgent, handlePush, task } from "@nofx/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startWorkerStack,
  type WorkerProcess,
  type WorkerStack,
} from "../../apps/worker/test/harness.ts";

// An agent that is a function: a real worker claims for it and posts, the SDK's handler executes and settles.

let stack: WorkerStack;
let worker: WorkerProcess;
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
const outcomes: string[] = [];
let died = false;

const agent = defineAgent({
  tasks: [
    task("test.add").run(async (ctx, input) => {
      const { a, b } = input as { a: number; b: number };
      return ctx.step("sum", () => a + b);
    }),
    // the first call dies without a word
    task("test.dies").run(async (ctx) => ({ attempt: ctx.info.attempt })),
  ],
  concurrency: 4,
});
const handle = handlePush(agent, {
  secret: SECRET,
  onEvent: (event) => {
    if (event.type === "step.ended") outcomes.push(`${event.step.name} ${event.outcome}`);
  },
});

/** What a host of functions does around a handler. */
async function host(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  if (body.includes('"test.dies"') && body.includes('"epoch":1')) {
    request.socket.destroy();
    died = true;
    return;
  }
  const answer = await handle(
    new Request("https://function.test/steps", {
      method: "POST",
      headers: request.headers as Record<string, string>,
      body,
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}
const server = createServer((request, response) => void host(request, response));

beforeAll(async () => {
  stack = await startWorkerStack();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  worker = await stack.start({ NOFX_HTTP_ALLOW: `127.0.0.1:${port}` });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await stack[Symbol.asyncDispose]();
});

test("steps come to a function, are settled over the agent API, and outlive a call that dies", async () => {
  const { port } = server.address() as AddressInfo;
  const tenant = await seedTenant(stack.owner);
  const { id } = await seedAgent(stack.owner, tenant.id, {
    capabilities: ["test.add", "test.dies"],
    keySha256: createHash("sha256").update(randomBytes(32)).digest("hex"),
  });
  await stack.owner.query(
    `insert into agent_endpoints (agent_id, tenant_id, url, key_id, timeout_seconds, created_by)
     select $1, $2, $3, k.id, 5, $1 from agent_keys k where k.agent_id = $1`,
    [id, tenant.id, `http://127.0.0.1:${port}/steps`],
  );
  await stack.owner.query(
    "insert into agent_endpoint_secrets (agent_id, tenant_id, secret) values ($1, $2, $3)",
    [id, tenant.id, SECRET],
  );
  const step = (name: string, capability: string, input: object) => ({
    name,
    kind: "agent" as const,
    capability,
    arguments: { capability, input },
  });
  const run = await seedRun(stack.owner, tenant.id, [
    step("add", "test.add", { a: 1, b: 2 }),
    step("dies", "test.dies", {}),
  ]);
  await until("the first call has died", () => died);
  // as if its lease had run out: one so short would run out for the other step too, on a slow machine
  await stack.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 second' where id = $1 and epoch = 1",
    [run.steps["dies"]],
  );
  await until("the run has ended", async () => {
    const { rows } = await stack.owner.query("select status from runs where id = $1", [run.id]);
    return rows[0]?.status === "succeeded";
  });
  const { rows } = await stack.owner.query(
    "select name, output, crashes, failures from steps where run_id = $1 order by name",
    [run.id],
  );
  expect(rows).toEqual([
    { name: "add", output: 3, crashes: 0, failures: 0 },
    // its lease ran out: as with any process that dies
    { name: "dies", output: { attempt: 2 }, crashes: 1, failures: 0 },
  ]);
  expect(outcomes.toSorted()).toEqual(["add succeeded", "dies succeeded"]);
});

test("a client exchanges its key for a token and shows that from then on", async () => {
  const tenant = await seedTenant(stack.owner);
  const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  const keySha256 = createHash("sha256").update(key).digest("hex");
  const { id } = await seedAgent(stack.owner, tenant.id, { capabilities: ["test.add"], keySha256 });
  const shown: string[] = [];
  const client = createAgentClient({
    url: worker.url,
    key,
    fetch: (url, init) => {
      const headers = new Headers(init.headers);
      shown.push(`${url.split("/").at(-1)} ${headers.get("authorization")?.slice(7, 10)}`);
      return fetch(url, init);
    },
  });
  const whoAmI = () => client.call("whoAmI", {}, undefined, { giveUpAt: 0 });
  await whoAmI();
  await until("the token is shown", async () => {
    expect((await whoAmI()).name).toBe(`agent-${id}`);
    return shown.at(-1) === "agent eyJ";
  });
  expect(shown.filter((call) => call.startsWith("token"))).toEqual(["token nof"]);
});
