import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createOutsideProject } from "./outside-project.ts";
import { serve } from "./serve.ts";
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

it(
  "has typed clients outside this repository, from declarations that know nothing of the server",
  { timeout: 120_000 },
  async () => {
    const { handleRest } = await import("../src/server/rest/handle-rest.ts");
    await using server = await serve((request) =>
      new URL(request.url).pathname.startsWith("/api/trpc")
        ? web.trpc(request)
        : handleRest(request),
    );
    await using project = await createOutsideProject();
    const files = (await readdir(project.types)).toSorted();
    expect(files).toEqual(["api-types.d.ts", "openapi.json", "package.json"]);
    const types = await readFile(join(project.types, "api-types.d.ts"), "utf8");
    const imported = types.matchAll(/\bfrom "([^"]+)"|import\("([^"]+)"\)/g);
    expect([...imported].map((match) => match[1])).toEqual(["@trpc/server"]);
    expect(types).not.toMatch(/kysely|MemberContext|@nofx|process\.|server\//i);
    for (const name of web.procedures) expect(types).toContain(` ${name.split(".")[1]}: TRPC`);

    await project.build();
    const env = { NOFX_URL: server.url, NOFX_TOKEN: operator.token };
    const did = { role: "operator", submitted: 1, refusal: "forbidden" };
    expect(await project.run("src/trpc.ts", env)).toEqual({ ...did, runs: 1 });
    expect(await project.run("src/rest.ts", env)).toEqual({ ...did, runs: 2 });
  },
);
