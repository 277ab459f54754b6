import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
const heard: { id: string; type: string }[] = [];
let answer = (response: ServerResponse) => void response.writeHead(204).end();
const server = createServer((request: IncomingMessage, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    heard.push(JSON.parse(body) as { id: string; type: string });
    answer(response);
  });
});

beforeAll(async () => {
  stack = await startWorkerStack();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await stack[Symbol.asyncDispose]();
});

test("a worker that is killed over a delivery: the next one tells of the same event first", async () => {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = await stack.run([{ name: "a", arguments: sh(":") }]);
  const id = randomUUID();
  await stack.owner.query(
    `with w as (
       insert into webhooks (id, tenant_id, url, event_types, created_by)
       values ($1, $2, $3, '{run.started,run.succeeded}', $1)
     ), s as (
       insert into webhook_secrets (webhook_id, tenant_id, secret) values ($1, $2, $4)
     )
     insert into webhook_cursors (webhook_id, tenant_id, seq) values ($1, $2, 0)`,
    [id, run.tenantId, `http://${host}/`, `whsec_${randomBytes(32).toString("base64")}`],
  );
  answer = () => {};
  const first = await stack.start({ NOFX_HTTP_ALLOW: host });
  await until("the first event is told", () => heard.length === 1);
  first.signal("SIGKILL");
  await first.exited;
  answer = (response) => void response.writeHead(204).end();
  await stack.owner.query("update webhook_cursors set lease_until = clock_timestamp()");
  await stack.start({ NOFX_HTTP_ALLOW: host });
  await until("all is told", () => heard.length === 3);
  expect(heard.map(({ type }) => type)).toEqual(["run.started", "run.started", "run.succeeded"]);
  expect(heard[0]?.id).toBe(heard[1]?.id);
});
