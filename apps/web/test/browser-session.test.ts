import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Person, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

let web: TestWeb;
let person: Person;
let first: { id: string; publicId: string };
let second: { id: string; publicId: string };

beforeAll(async () => {
  web = await startWeb();
  first = await web.tenant();
  second = await web.tenant();
  person = await web.person({ tenantId: first.id, role: "operator" });
  await web.owner.query(
    "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, 'x', 'x', 'viewer')",
    [second.id, person.userId],
  );
});
afterAll(() => web[Symbol.asyncDispose]());

async function tenantOf(cookie: string): Promise<string> {
  const response = await web.rest("/api/session", { headers: { cookie } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { tenant: { id: string } }).tenant.id;
}

it("is a cookie that any request can be answered by", async () => {
  const cookie = await web.cookies(person);
  expect(await tenantOf(`theme=dark; ${cookie}`)).toBe(first.publicId);
});

it("remembers the tenant, and falls back to one that is left", async () => {
  const cookie = await web.cookies(person);
  expect(await tenantOf(`${cookie}; nofx-tenant=${second.publicId}`)).toBe(second.publicId);
  await web.owner.query("delete from members where tenant_id = $1", [second.id]);
  expect(await tenantOf(`${cookie}; nofx-tenant=${second.publicId}`)).toBe(first.publicId);
  expect(await tenantOf(`${cookie}; nofx-tenant=rubbish`)).toBe(first.publicId);
});

it("is nothing when the cookie is rubbish", async () => {
  for (const value of ["", "rubbish", "base64-e30"]) {
    const response = await web.rest("/api/session", {
      headers: { cookie: `nofx-session=${value}` },
    });
    expect(response.status).toBe(401);
  }
});

describe("before a page", () => {
  async function visit(path: string, cookie?: string): Promise<Response> {
    const { NextRequest } = await import("next/server");
    const { proxy } = await import("../src/proxy.ts");
    const headers = cookie === undefined ? {} : { cookie };
    return proxy(new NextRequest(`http://nofx.test${path}`, { headers }));
  }

  it("who is not signed in goes to the sign-in page, with the way back", async () => {
    const response = await visit("/runs?status=failed");
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(
      "http://nofx.test/sign-in?next=%2Fruns%3Fstatus%3Dfailed",
    );
  });

  it("the sign-in page itself is let through, and who is signed in", async () => {
    expect((await visit("/sign-in")).headers.get("location")).toBeNull();
    const response = await visit("/runs", await web.cookies(person));
    expect(response.headers.get("location")).toBeNull();
    expect(response.headers.get("x-middleware-request-x-nofx-path")).toBe("/runs");
  });
});
