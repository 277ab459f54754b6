import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { signToken } from "../../src/local-stack/index.ts";
import { startTestStack } from "../../src/testing/index.ts";
import type { TestStack } from "../../src/testing/index.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.stop());

/** Sends a path as it is, which fetch would put right. */
function rawStatus(path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(stack.gatewayUrl);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}

it("answers what it cannot route with an error of the client's", async () => {
  expect(await rawStatus("/nowhere")).toBe(404);
  expect(await rawStatus("//")).toBe(400);
  expect(await rawStatus("/realtime/v1/websocket")).toBe(404);
});

it("lets no one in without a key, and no page of another origin be shut out by CORS", async () => {
  const bare = await fetch(`${stack.gatewayUrl}/rest/v1/tenants`);
  expect(bare.status).toBe(401);
  for (const path of [
    "/rest/v1/tenants",
    "/auth/v1/token",
    "/storage/v1/bucket",
    "/realtime/v1/api/broadcast",
  ]) {
    const preflight = await fetch(`${stack.gatewayUrl}${path}`, {
      method: "OPTIONS",
      headers: {
        origin: "http://127.0.0.1:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,apikey,content-type",
      },
    });
    expect([200, 204]).toContain(preflight.status);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  }
});

it("takes a token that our server minted, with its own claims, for data and storage", async () => {
  const tenant = "0197aaaa-0000-7000-8000-000000000001";
  const mint = (claims: object) =>
    signToken({ role: "authenticated", sub: tenant, ...claims }, stack.keys.jwtSecret, 60);
  const upload = (bearer: string, name: string) =>
    fetch(`${stack.gatewayUrl}/storage/v1/object/artifacts/${name}`, {
      method: "POST",
      headers: {
        apikey: stack.keys.publishableKey,
        authorization: `Bearer ${bearer}`,
        "content-type": "text/plain",
      },
      body: "artifact",
    });
  expect((await upload(mint({ storage_tenant: tenant }), `${tenant}/a.txt`)).status).toBe(200);
  expect((await upload(mint({ storage_tenant: tenant }), "another/a.txt")).status).toBe(400);
  expect((await upload(mint({}), `${tenant}/b.txt`)).status).toBe(400);
});

it("refuses a multipart upload without a file, and one in another's name", async () => {
  const form = new FormData();
  form.set("cacheControl", "60");
  const answer = await fetch(`${stack.gatewayUrl}/storage/v1/object/artifacts/a.txt`, {
    method: "POST",
    headers: { apikey: stack.keys.secretKey, authorization: `Bearer ${stack.keys.secretKey}` },
    body: form,
  });
  expect(answer.status).toBe(400);
});
