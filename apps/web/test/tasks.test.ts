import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Person, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

let web: TestWeb;
let operator: Person;
let viewer: Person;

beforeAll(async () => {
  web = await startWeb();
  const { id: tenantId } = await web.tenant();
  operator = await web.person({ tenantId, role: "operator" });
  viewer = await web.person({ tenantId, role: "viewer" });
});
afterAll(() => web[Symbol.asyncDispose]());

const wait = (more: object = {}) => ({ kind: "wait", with: { seconds: 60 }, ...more });

async function ask(path: string, init: Parameters<TestWeb["rest"]>[1] = {}) {
  const response = await web.rest(path, { as: operator, ...init });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

it("queues tasks, answers their runs in order, and the same again under the same key", async () => {
  const init = { body: { tasks: [wait({ title: "b" }), wait({ title: "a" })] }, key: randomUUID() };
  const { response, body } = await ask("/api/tasks", init);
  expect(response.status).toBe(200);
  const runs = body["runs"] as string[];
  const titles = await Promise.all(runs.map(async (id) => (await ask(`/api/runs/${id}`)).body));
  expect(titles.map((run) => [run["title"], run["planId"]])).toEqual([
    ["b", null],
    ["a", null],
  ]);
  const again = await ask("/api/tasks", init);
  expect(again.response.headers.get("idempotency-replayed")).toBe("true");
  expect(again.body).toEqual(body);

  const listed = (await ask("/api/runs?type=task")).body["items"] as { id: string }[];
  expect(listed.map(({ id }) => id)).toEqual(runs.toReversed());
  expect((await ask("/api/runs?type=plan")).body["items"]).toEqual([]);
});

it("is the same over tRPC", async () => {
  const response = await web.trpc(
    new Request("http://nofx.test/api/trpc/tasks.submit", {
      method: "POST",
      headers: {
        authorization: `Bearer ${operator.token}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify({ tasks: [wait()] }),
    }),
  );
  expect(await response.json()).toMatchObject({
    result: { data: { runs: [expect.stringMatching(/^run_/)], existing: 0 } },
  });
});

it.each([
  [422, "plan_required", { tasks: [wait(), wait({ sensitive: true })] }, "/tasks/1"],
  [400, "invalid_input", { tasks: [wait(), wait({ queue: "Q" })] }, "/tasks/1/queue"],
  [
    400,
    "invalid_input",
    { tasks: [{ kind: "wait", with: { seconds: "1" } }] },
    "/tasks/0/with/seconds",
  ],
  [400, "invalid_input", { tasks: [wait({ title: "\u0000" })] }, "/tasks/0/title"],
  [400, "invalid_input", { tasks: [] }, "/tasks"],
  [400, "invalid_input", {}, "/tasks"],
])("refuses with %i %s what it cannot take", async (status, code, body, path) => {
  const refused = await ask("/api/tasks", { body });
  expect(refused.body).toMatchObject({ status, code, issues: [{ path }] });
  expect(refused.response.headers.get("content-type")).toBe("application/problem+json");
});

it("asks for a key, and for somebody who may execute", async () => {
  const body = { tasks: [wait()] };
  expect((await ask("/api/tasks", { body, key: null })).body).toMatchObject({
    code: "idempotency_key_required",
  });
  expect((await ask("/api/tasks", { body, as: viewer })).body).toMatchObject({ code: "forbidden" });
});
