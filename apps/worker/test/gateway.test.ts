import { createHash, randomBytes, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { seedAgent, seedRun, seedTenant, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// The agent API as it goes over the wire; what each endpoint does is tested in packages/control/test/agent-api.
let stack: WorkerStack;
let worker: WorkerProcess;
beforeAll(async () => {
  stack = await startWorkerStack();
  worker = await stack.start();
});
afterAll(() => stack[Symbol.asyncDispose]());

async function newAgent() {
  const tenant = await seedTenant(stack.owner);
  const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  const keySha256 = createHash("sha256").update(key).digest("hex");
  const agent = await seedAgent(stack.owner, tenant.id, { capabilities: ["test.work"], keySha256 });
  const post = (path: string, body: unknown, init: RequestInit = {}) =>
    fetch(`${worker.url}/api/agent/v1${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      ...init,
    });
  const claim = (waitSeconds: number, init?: RequestInit) =>
    post(
      "/steps/claim",
      { capabilities: ["test.work"], max: 5, waitSeconds, worker: "test" },
      init,
    );
  const offer = async (timeoutSeconds = 3_600) => {
    const run = await seedRun(stack.owner, tenant.id, [
      { name: "one", kind: "agent", arguments: { capability: "test.work", timeoutSeconds } },
    ]);
    await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
    return run;
  };
  return { agent, key, claim, offer, post };
}

test("a long poll answers when there is work", async () => {
  const { claim, offer } = await newAgent();
  const waiting = claim(25);
  await offer();
  const response = await waiting;
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ steps: [{ name: "one" }], leaseSeconds: 30 });
});

test("a client that hangs up in a long poll is given nothing", async () => {
  const { claim, offer } = await newAgent();
  const gone = new AbortController();
  const waiting = claim(25, { signal: gone.signal });
  gone.abort();
  await expect(waiting).rejects.toThrow("abort");
  const run = await offer();
  const answer = (await (await claim(5)).json()) as { steps: { name: string }[] };
  expect(answer.steps).toMatchObject([{ name: "one" }]);
  expect((await stack.attempts(run, "one")).at(-1)).toBeNull();
  expect((await stack.step(run, "one")).crashes).toBe(0);
});

test("a body that is too large is refused, and the refusal reaches whoever still sends", async () => {
  const { key } = await newAgent();
  const { port } = new URL(worker.url);
  const socket = connect(Number(port), "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => (answer += text));
  const broken: Error[] = [];
  socket.on("error", (error) => broken.push(error));
  socket.write(
    `POST /api/agent/v1/steps/claim HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\n` +
      "idempotency-key: too-large\r\ncontent-type: application/json\r\ncontent-length: 5000000\r\n\r\n",
  );
  await until("it is refused", () => answer.includes("payload_too_large"));
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  // written after the refusal: a closed connection would break under it
  socket.write("x".repeat(5_000_000));
  await closed;
  expect(broken).toEqual([]);
});

test("a body without a length is refused where it becomes too large", async () => {
  const { key } = await newAgent();
  const piece = new Uint8Array(1_000_000).fill(120);
  let pieces = 8;
  const body = new ReadableStream({
    pull: (to) => (pieces-- > 0 ? to.enqueue(piece) : to.close()),
  });
  const headers = {
    authorization: `Bearer ${key}`,
    "idempotency-key": "too-large-in-pieces",
    "content-type": "application/json",
  };
  const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
  const response = await fetch(`${worker.url}/api/agent/v1/steps/claim`, init);
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ code: "payload_too_large" });
});

test("rubbish on the wire does no harm", async () => {
  const { port } = new URL(worker.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  socket.write("\u0000\u0001rubbish\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
  expect((await fetch(`${worker.url}//evil//..`)).status).toBe(404);
});

test("an agent that takes longer than the step allows loses it, and it is tried again", async () => {
  const { claim, offer, post } = await newAgent();
  const run = await offer(1);
  const { steps } = (await (await claim(5)).json()) as { steps: { id: string }[] };
  await until("its time is up", async () => (await stack.step(run, "one")).failures === 1);
  expect((await stack.step(run, "one")).error).toMatchObject({ code: "timeout" });
  const late = await post(`/steps/${steps[0]?.id}/complete`, { epoch: 1, output: null });
  expect(late.status).toBe(409);
  expect(await late.json()).toMatchObject({ code: "lease_lost" });
});
