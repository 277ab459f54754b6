import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { until, type SeededRun } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

interface Heard {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}
type Answer = (response: ServerResponse, heard: Heard) => void;

let stack: WorkerStack;
let worker: WorkerProcess;
let server: Server;
let base: string;
/** Allowed, and nobody listens there. */
let nobody: string;
let allow: string;
const heard: Heard[] = [];
let answer: Answer;

beforeAll(async () => {
  stack = await startWorkerStack();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      heard.push({ method, path, headers, body });
      answer(response, { method, path, headers, body });
    });
  });
  base = `http://127.0.0.1:${await listening(server)}`;
  const gone = createServer();
  nobody = `http://127.0.0.1:${await listening(gone)}`;
  await new Promise((resolve) => gone.close(resolve));
  allow = `${new URL(base).host},${new URL(nobody).host}`;
  worker = await startWorker();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await stack[Symbol.asyncDispose]();
});
beforeEach(() => void heard.splice(0));

const startWorker = () => stack.start({ NOFX_HTTP_ALLOW: allow, NOFX_LEASE_SECONDS: "2" });

async function listening(one: Server): Promise<number> {
  await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
  return (one.address() as AddressInfo).port;
}

const call = (args: Record<string, unknown>, maxFailures = 3) =>
  stack.run([
    { name: "call", kind: "http", maxFailures, arguments: { url: `${base}/x`, ...args } },
  ]);

async function errorOf(run: SeededRun): Promise<string | undefined> {
  await stack.finished(run, "failed", 30_000);
  return (await stack.step(run, "call")).error?.code;
}

test("sends its token as Idempotency-Key and its epoch as Fencing-Token", async () => {
  answer = (response) =>
    response
      .writeHead(201, { "content-type": "application/json", "set-cookie": "a=b", etag: '"1"' })
      .end('{"id":7}');
  const run = await call({
    method: "POST",
    headers: { "X-Team": "ops" },
    body: { json: { name: "x" } },
  });
  await stack.finished(run);
  const step = await stack.step(run, "call");
  expect(heard).toMatchObject([
    {
      method: "POST",
      path: "/x",
      body: '{"name":"x"}',
      headers: {
        "content-type": "application/json",
        "x-team": "ops",
        "idempotency-key": `token-${step.id}`,
        "fencing-token": "1",
      },
    },
  ]);
  expect(step.output).toMatchObject({
    status: 201,
    encoding: "json",
    body: { id: 7 },
    truncated: false,
    headers: { etag: '"1"' },
  });
  expect(JSON.stringify(step.output)).not.toContain("a=b");
});

test("an answer is cut at the limit, and stored as what it is", async () => {
  answer = (response) => response.writeHead(200, { "content-type": "text/plain" }).end("añb\u0000");
  const cut = await call({ maxResponseBytes: 2 });
  await stack.finished(cut);
  expect((await stack.step(cut, "call")).output).toMatchObject({ body: "a", truncated: true });
  answer = (response) => response.end(Buffer.from([0xff, 0xfe]));
  const binary = await call({});
  await stack.finished(binary);
  expect((await stack.step(binary, "call")).output).toMatchObject({
    encoding: "base64",
    body: "//4=",
  });
});

test("what the step expects is success, whatever its number", async () => {
  answer = (response) => response.writeHead(404).end();
  const run = await call({ method: "DELETE", expectStatus: [204, 404] });
  await stack.finished(run);
});

test("busy: tried again, not sooner than asked, with the same key and a larger fence", async () => {
  answer = (response) =>
    heard.length === 1
      ? response.writeHead(503, { "retry-after": "1" }).end()
      : response.writeHead(200).end();
  const run = await call({ method: "POST" });
  await stack.finished(run);
  expect(heard.map(({ headers }) => headers["fencing-token"])).toEqual(["1", "2"]);
  expect(new Set(heard.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  const { rows } = await stack.owner.query(
    `select (b.claimed_at - a.finished_at) >= interval '1 second' as waited, a.error_code
     from attempts a join attempts b on b.step_id = a.step_id and b.epoch = 2 where a.step_id = $1 and a.epoch = 1`,
    [run.steps["call"]],
  );
  expect(rows).toEqual([{ waited: true, error_code: "http_busy" }]);
  const { rows: budgets } = await stack.owner.query(
    "select dependency from retry_budgets where tenant_id = $1",
    [run.tenantId],
  );
  expect(budgets).toEqual([{ dependency: `http:${new URL(base).host}` }]);
});

describe("failures", () => {
  const reset: Answer = (response) => void response.socket?.destroy();
  const status =
    (code: number, headers = {}): Answer =>
    (response) =>
      void response.writeHead(code, headers).end("why");

  test.each<[string, Record<string, unknown>, Answer, string, number]>([
    ["404 is final", {}, status(404), "http_refused", 1],
    ["a redirect of a POST is an answer", { method: "POST" }, status(307), "http_refused", 1],
    ["500 is tried again", {}, status(500), "http_unavailable", 2],
    [
      "500 to what may be repeated",
      { method: "POST", idempotent: true },
      status(500),
      "http_unavailable",
      2,
    ],
    ["500 to what may not", { method: "POST" }, status(500), "unknown_outcome", 1],
    ["no answer to a GET", {}, reset, "http_unavailable", 2],
    ["none in time to a GET", { timeoutSeconds: 1 }, () => {}, "timeout", 2],
    [
      "none in time to a POST",
      { method: "POST", timeoutSeconds: 1 },
      () => {},
      "unknown_outcome",
      1,
    ],
  ])("%s", async (_name, args, how, code, requests) => {
    answer = how;
    expect(await errorOf(await call(args, 2))).toBe(code);
    expect(heard).toHaveLength(requests);
  });

  test("an answer that is lost after a request that may not be repeated is an unknown outcome", async () => {
    answer = reset;
    expect(await errorOf(await call({ method: "POST" }))).toBe("unknown_outcome");
    expect(heard).toHaveLength(1);
  });

  test("nobody there is tried again, also for what may not be sent twice", async () => {
    const run = await call({ method: "POST", url: nobody }, 2);
    expect(await errorOf(run)).toBe("http_unavailable");
    expect(await stack.attempts(run, "call")).toEqual(["failed", "failed"]);
  });

  test("an address that is not public is never called", async () => {
    const run = await call({ url: "http://127.0.0.1:1/" });
    expect(await errorOf(run)).toBe("address_refused");
  });
});

test("a lost lease closes the connection; the next attempt has the same key and a larger fence", async () => {
  let closed = false;
  answer = (response) => {
    if (heard.length > 1) response.end();
    else response.once("close", () => (closed = true));
  };
  const run = await call({});
  await until("the request is there", () => heard.length === 1);
  await stack.owner.query(
    "update steps set lease_until = clock_timestamp() - interval '1 second' where id = $1",
    [run.steps["call"]],
  );
  await stack.finished(run);
  expect(closed).toBe(true);
  expect(heard.map(({ headers }) => headers["fencing-token"])).toEqual(["1", "2"]);
  expect(await stack.attempts(run, "call")).toEqual(["lost", "succeeded"]);
});

test("an effect is taken back by a request of its own", async () => {
  answer = (response) => response.writeHead(204).end();
  const run = await stack.run([
    {
      name: "make",
      kind: "http",
      arguments: { method: "PUT", url: `${base}/thing` },
      undo: { kind: "http", with: { method: "DELETE", url: `${base}/thing` } },
    },
    { name: "break", needs: ["make"], arguments: { command: ["node", "-e", "process.exit(1)"] } },
  ]);
  await stack.finished(run, "failed");
  expect(heard.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "PUT /thing",
    "DELETE /thing",
  ]);
  const [made, undone] = heard.map(({ headers }) => headers["idempotency-key"]);
  expect(undone).toMatch(/^undo:/);
  expect(undone).not.toBe(made);
});

test("a worker that dies over a request that may not be sent twice leaves it to people", async () => {
  answer = () => {};
  const run = await call({ method: "POST" });
  await until("the request is there", () => heard.length === 1);
  worker.signal("SIGKILL");
  await worker.exited;
  worker = await startWorker();
  expect(await errorOf(run)).toBe("unknown_outcome");
  expect(heard).toHaveLength(1);
});
