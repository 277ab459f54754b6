import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Person, type RestInit, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

let web: TestWeb;
let tenant: { id: string; publicId: string };
let operator: Person;

beforeAll(async () => {
  web = await startWeb();
  tenant = await web.tenant();
  operator = await web.person({ tenantId: tenant.id, role: "operator" });
});
afterAll(() => web[Symbol.asyncDispose]());

const item = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  title: id,
  kind: "shell",
  with: { command: ["true"] },
  ...more,
});
const backlog = (pack: string, ...items: unknown[]) => ({
  document: { version: 1, pack, items },
});

async function problem(path: string, init: RestInit = {}) {
  const response = await web.rest(path, init);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as {
    code: string;
    status: number;
    detail?: string;
    issues?: { path: string; item?: string; message: string }[];
  };
  expect(body.status).toBe(response.status);
  return body;
}

async function ok<T>(path: string, init: RestInit = {}): Promise<T> {
  const response = await web.rest(path, { as: operator, ...init });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

describe("a request that changes something", () => {
  it("is carried out once a key, and says when an answer is an earlier one", async () => {
    const init = { as: operator, body: backlog("once", item("a")), key: "once-1" };
    const first = await web.rest("/api/backlog/import", init);
    const second = await web.rest("/api/backlog/import", init);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await second.json()).toEqual(await first.json());

    const other = { ...init, body: backlog("once", item("b")) };
    expect(await problem("/api/backlog/import", other)).toMatchObject({
      status: 422,
      code: "idempotency_key_reused",
    });
  });

  it.each(["/api/backlog/import", "/api/auto-planner/plan", "/api/auto-planner/execute"])(
    "is refused without a key: POST %s names the header",
    async (path) => {
      const refused = await problem(path, { as: operator, body: { pack: "x" }, key: null });
      expect(refused).toMatchObject({ status: 400, code: "idempotency_key_required" });
      expect(refused.detail).toContain("Idempotency-Key");
    },
  );

  it("is refused when a browser sends it from another site", async () => {
    const cookie = await web.cookies(operator);
    const body = backlog("csrf", item("a"));
    const from = (headers: Record<string, string>) => ({ body, headers: { cookie, ...headers } });
    for (const headers of [
      {},
      { origin: "http://evil.test" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      expect(await problem("/api/backlog/import", from(headers))).toMatchObject({
        status: 403,
        code: "forbidden",
      });
    }
    const own = await web.rest("/api/backlog/import", from({ origin: "http://nofx.test" }));
    expect(own.status).toBe(200);
  });
});

describe("who asks", () => {
  it("has to be signed in, with a token that is valid", async () => {
    expect(await problem("/api/session")).toMatchObject({ status: 401, code: "unauthenticated" });
    const forged = { ...operator, token: `${operator.token.slice(0, -4)}AAAA` };
    expect(await problem("/api/session", { as: forged })).toMatchObject({ status: 401 });
    expect(await ok("/api/session", { as: operator })).toMatchObject({ role: "operator" });
  });

  it("has to be a member, and stops being one at once", async () => {
    const stranger = await web.person();
    expect(await problem("/api/plans", { as: stranger })).toMatchObject({ code: "forbidden" });
    const leaver = await web.person({ tenantId: tenant.id, role: "viewer" });
    await ok("/api/plans", { as: leaver });
    await web.owner.query("delete from members where user_id = $1", [leaver.userId]);
    expect(await problem("/api/plans", { as: leaver })).toMatchObject({ code: "forbidden" });
  });

  it("needs the role for it", async () => {
    const viewer = await web.person({ tenantId: tenant.id, role: "viewer" });
    const refused = await problem("/api/backlog/import", {
      as: viewer,
      body: backlog("viewer", item("a")),
    });
    expect(refused).toMatchObject({ status: 403, code: "forbidden" });
    expect(refused.detail).toContain("operator");
  });

  it("sees nothing of another tenant, whose own people do", async () => {
    await ok("/api/backlog/import", { body: backlog("mine", item("a")) });
    const plan = await ok<{ id: string }>("/api/auto-planner/plan", { body: { pack: "mine" } });
    const elsewhere = await web.tenant();
    const other = await web.person({ tenantId: elsewhere.id, role: "admin" });
    for (const path of [`/api/plans/${plan.id}`, `/api/gates/${plan.id}`]) {
      await ok(path);
      expect(await problem(path, { as: other })).toMatchObject({ status: 404, code: "not_found" });
    }
    expect(await ok("/api/backlog", { as: other })).toMatchObject({ items: [] });
    const headers = { "nofx-tenant": tenant.publicId };
    expect(await problem("/api/plans", { as: other, headers })).toMatchObject({ status: 403 });
    const wrong = { "nofx-tenant": "zzz" };
    expect(await problem("/api/plans", { as: other, headers: wrong })).toMatchObject({
      status: 400,
    });
  });
});

describe("bad input", () => {
  it.each<[string, number, string, string, RestInit]>([
    ["an unknown address", 404, "not_found", "/api/nothing/here", {}],
    ["the bare root", 404, "not_found", "/api", {}],
    ["another method", 405, "method_not_allowed", "/api/plans", { method: "DELETE" }],
    ["broken JSON", 400, "invalid_json", "/api/backlog/import", { body: '{"document": ' }],
    ["JSON that is no object", 400, "invalid_input", "/api/backlog/import", { body: "[]" }],
    ["an empty body", 400, "invalid_input", "/api/backlog/import", { body: "" }],
    [
      "another content type",
      415,
      "unsupported_media_type",
      "/api/backlog/import",
      { body: "a=1", headers: { "content-type": "text/plain" } },
    ],
    [
      "5 MB of rubbish",
      413,
      "payload_too_large",
      "/api/backlog/import",
      { body: "x".repeat(5_000_000) },
    ],
    ["NUL in a query", 400, "invalid_input", "/api/backlog?search=a%00b", {}],
    ["a limit that is none", 400, "invalid_input", "/api/backlog?limit=many", {}],
    ["an id that is none", 400, "invalid_input", "/api/runs/1%20or%201=1", {}],
    ["a broken escape", 400, "invalid_input", "/api/runs/%E0%A4%A", {}],
    [
      "NUL in a command",
      400,
      "invalid_input",
      "/api/auto-planner/plan",
      { body: { pack: "a\u0000" } },
    ],
  ])("%s is a %d %s", async (_name, status, code, path, init) => {
    expect(await problem(path, { as: operator, ...init })).toMatchObject({ status, code });
  });

  it("says which methods an address answers to, and where large files go", async () => {
    const response = await web.rest("/api/approvals/x", { as: operator, method: "PUT" });
    expect(response.headers.get("allow")).toBe("GET, POST");
    const large = await problem("/api/backlog/import", {
      as: operator,
      body: "x".repeat(5_000_000),
    });
    expect(large.detail).toContain("POST /api/uploads");
  });

  it.each([
    ["NUL", "a\u0000b"],
    ["a lone surrogate", "a\ud800b"],
  ])(
    "%s in an item is refused by the item's name, and nothing is written",
    async (_name, title) => {
      const refused = await problem("/api/backlog/import", {
        as: operator,
        body: backlog("hostile", item("good"), item("evil", { title })),
      });
      expect(refused.status).toBe(422);
      expect(refused.issues).toContainEqual(expect.objectContaining({ item: "evil" }));
      expect(await ok("/api/backlog?pack=hostile")).toMatchObject({ items: [] });
    },
  );

  it("a nesting without end is refused by the item's name", async () => {
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const row = `{"id":"deep","title":"t","kind":"shell","with":{"command":${deep}}}`;
    const refused = await problem("/api/backlog/import", {
      as: operator,
      body: `{"document":{"version":1,"pack":"deep","items":[${row}]}}`,
    });
    expect(refused).toMatchObject({ status: 422, code: "backlog_invalid" });
    expect(refused.issues).toEqual([
      { path: "/items/0", item: "deep", message: "is nested deeper than 1000 levels" },
    ]);
  });

  it("never tells of its inside", async () => {
    const text = JSON.stringify(await problem("/api/backlog/import", { as: operator, body: "{" }));
    expect(text).not.toMatch(/\.ts\b|node_modules|stack/);
  });
});

describe("a signed decision", () => {
  /** As a sender would make it who has read the specification and no library of ours. */
  const sign = (secret: string, text: string, id = randomUUID()) => {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key)
      .update(`${id}.${timestamp}.${text}`)
      .digest("base64");
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    };
    return { body: text, key: null, headers };
  };

  it("is taken without anybody signed in, at either address, once", async () => {
    const admin = await web.person({ tenantId: tenant.id, role: "admin" });
    const supervisor = await web.person({ tenantId: tenant.id, role: "supervisor" });
    const { receiver, secret } = await ok<{
      receiver: { id: string; path: string };
      secret: string;
    }>("/api/inbound-receivers", {
      as: admin,
      body: { name: "zig-todo", actsFor: [supervisor.userId] },
    });
    await ok("/api/backlog/import", {
      body: backlog(
        "signed",
        ...["a", "b"].map((id) => item(id, { sensitive: true, owner: "team" })),
      ),
    });
    const { id: planId } = await ok<{ id: string }>("/api/auto-planner/plan", {
      body: { pack: "signed" },
    });
    await ok("/api/auto-planner/execute", { body: { planId } });
    const { items } = await ok<{ items: { id: string }[] }>("/api/approvals");
    const [first, second] = items.map(({ id }) => id);
    const said = { decision: "approve", member: supervisor.email };
    const one = sign(secret, JSON.stringify({ ...said, approvalId: first }));
    expect(await ok(receiver.path, one)).toEqual({
      approvalId: first,
      decision: "approve",
      status: "approved",
    });
    expect(await problem(receiver.path, one)).toMatchObject({ code: "webhook_replayed" });
    const address = `/api/approvals/${second}?receiver=${receiver.id}`;
    const two = sign(secret, JSON.stringify(said));
    expect(await problem(address, { ...two, body: `${two.body} ` })).toMatchObject({ status: 401 });
    expect(await ok(address, two)).toMatchObject({ approvalId: second, status: "approved" });
  });

  it("is told nothing where it is not genuine, and is small", async () => {
    const text = JSON.stringify({ approvalId: "x", decision: "approve", member: "a@b.c" });
    const forged = sign(`whsec_${randomBytes(32).toString("base64")}`, text);
    const paths = ["/api/inbound/nothing", "/api/approvals/x?receiver=nothing"];
    const told = await Promise.all(paths.map((path) => problem(path, forged)));
    expect(told[0]).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(told[1]?.detail).toBe(told[0]?.detail);
    const large = { ...forged, body: " ".repeat(64 * 1024 + 1) };
    expect(await problem("/api/inbound/nothing", large)).toMatchObject({ status: 413 });
  });
});

it("says whether it can answer", async () => {
  const response = await web.rest("/api/health");
  expect(await response.json()).toEqual({ status: "ok" });
});

it("people call models with their own sign-in, where OpenAI's clients look for it", async () => {
  const { POST, GET } = await import("../src/app/v1/[...path]/route.ts");
  const ask = (as: Person, headers: Record<string, string> = {}) =>
    POST(
      new Request("http://nofx.test/v1/chat/completions", {
        method: "POST",
        headers: {
          authorization: `Bearer ${as.token}`,
          "content-type": "application/json",
          ...headers,
        },
        body: JSON.stringify({
          model: "simulated/hasty",
          messages: [{ role: "user", content: "Say hello." }],
        }),
      }),
    );
  const answer = await ask(operator);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    object: "chat.completion",
    model: "simulated/hasty",
  });
  const listed = await web.rest("/api/model-calls", { as: operator });
  expect(await listed.json()).toMatchObject({ items: [{ model: "hasty", status: "succeeded" }] });

  const viewer = await web.person({ tenantId: tenant.id, role: "viewer" });
  expect((await ask(viewer)).status).toBe(403);
  const stranger = await web.person();
  expect((await ask(stranger, { "nofx-tenant": tenant.publicId })).status).toBe(403);
  expect((await GET(new Request("http://nofx.test/v1/models"))).status).toBe(401);
});
