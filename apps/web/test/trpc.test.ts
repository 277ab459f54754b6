import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Person, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

let web: TestWeb;
let operator: Person;

beforeAll(async () => {
  web = await startWeb();
  const tenant = await web.tenant();
  operator = await web.person({ tenantId: tenant.id, role: "operator" });
});
afterAll(() => web[Symbol.asyncDispose]());

function call(path: string, init: { body?: string; headers?: Record<string, string> } = {}) {
  return web.trpc(
    new Request(`http://nofx.test/api/trpc/${path}`, {
      method: init.body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${operator.token}`,
        "content-type": "application/json",
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: init.body }),
    }),
  );
}

async function problem(response: Response): Promise<Record<string, unknown>> {
  const { error } = (await response.json()) as {
    error: { data: { problem: Record<string, unknown> } };
  };
  expect(Object.keys(error.data).toSorted()).toEqual(["code", "httpStatus", "problem"]);
  expect(error.data.problem["status"]).toBe(response.status);
  return error.data.problem;
}

const IMPORT = JSON.stringify({
  text: "version: 1\npack: yaml\nitems:\n  - { id: a, title: A, kind: shell, with: { command: [node] } }\n",
});

it("answers several questions at once", async () => {
  const response = await call("session.get,backlog.packs?batch=1&input=%7B%7D");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject([
    { result: { data: { role: "operator" } } },
    { result: { data: { items: [] } } },
  ]);
});

it("carries out a command once a key", async () => {
  const headers = { "idempotency-key": "k1" };
  const first = await call("backlog.import", { body: IMPORT, headers });
  const second = await call("backlog.import", { body: IMPORT, headers });
  expect(first.status).toBe(200);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(await second.json()).toEqual(await first.json());
});

it.each([
  ["backlog.import", IMPORT, 400, "idempotency_key_required"],
  ["backlog.import", "x".repeat(5_000_000), 413, "payload_too_large"],
  ["nothing.here", "{}", 404, "not_found"],
])("refuses %s with a problem (%#)", async (path, body, status, code) => {
  expect(await problem(await call(path, { body }))).toMatchObject({ status, code });
});

it("says when the body is not JSON", async () => {
  const response = await call("backlog.import", {
    body: "{",
    headers: { "idempotency-key": "k2" },
  });
  expect(await problem(response)).toMatchObject({ status: 400, code: "invalid_json" });
});

it("does not change anything by GET", async () => {
  expect(await problem(await call("backlog.import?input=%7B%7D"))).toMatchObject({
    status: 405,
    code: "method_not_allowed",
  });
});

it("names the fields that are wrong", async () => {
  const input = encodeURIComponent(JSON.stringify({ limit: 5_000, search: "x".repeat(300) }));
  expect(await problem(await call(`backlog.list?input=${input}`))).toMatchObject({
    code: "invalid_input",
    issues: [
      expect.objectContaining({ path: "/limit" }),
      expect.objectContaining({ path: "/search" }),
    ],
  });
});
