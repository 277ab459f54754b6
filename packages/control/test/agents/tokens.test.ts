import {
  authenticateAgent,
  createAgent,
  issueAgentKey,
  listAgentKeys,
  revokeAgentKey,
  rotateAgentKey,
} from "@nofx/control/agents";
import { createPlane, type Plane } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import { setAgentEndpoint } from "@nofx/control/push";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { AGENT_ROUTES, type AgentScope } from "@nofx/core/contract";
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT, type JSONWebKeySet } from "jose";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthenticate } from "../../src/model-endpoint/authenticate.ts";
import { agentApi, BASE } from "./harness.ts";

let planes: TestPlane;
let gateway: Plane;
let tenant: TestTenant;

beforeAll(async () => {
  planes = await createTestPlane();
  tenant = await planes.tenant();
  gateway = createPlane(
    {
      DATABASE_URL: planes.database.url("nofx_agent_gateway"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "another process" },
  );
});
afterAll(async () => {
  await gateway.close();
  await planes[Symbol.asyncDispose]();
});

let made = 0;
async function anAgent(scopes?: AgentScope[]) {
  const ctx = await tenant.as("supervisor");
  made += 1;
  const { id } = await createAgent(ctx, { name: `agent-${made}`, capabilities: ["code.patch"] });
  const issued = await issueAgentKey(again(ctx), { agentId: id, ...(scopes && { scopes }) });
  const key = issued.key ?? "";
  const { body } = await agentApi(planes.plane, key).post("/token", {});
  return { ctx, id, key, keyId: issued.keyId, token: String(body["token"]) };
}
const identity = (plane: Plane, bearer: string) => agentApi(plane, bearer).get("/agent");

describe("a token", () => {
  test("opens what its key opens, in every process of the plane, and says when it ends", async () => {
    const { id, key } = await anAgent();
    const before = Date.now();
    const { status, body } = await agentApi(planes.plane, key).post("/token", { seconds: 60 });
    expect(status).toBe(200);
    const end = new Date(String(body["expiresAt"])).getTime();
    expect(end).toBeGreaterThanOrEqual(before + 59_000);
    expect(end).toBeLessThanOrEqual(Date.now() + 60_000);
    for (const plane of [planes.plane, gateway]) {
      expect(await identity(plane, String(body["token"]))).toMatchObject({
        status: 200,
        body: { agentId: id, status: "active", capabilities: ["code.patch"] },
      });
    }
  });

  test("can be checked by anybody with the keys that we publish", async () => {
    const { token, id } = await anAgent();
    const response = await handleAgentRequest(gateway, new Request(`${BASE}/jwks.json`));
    const keys = (await response.json()) as JSONWebKeySet;
    expect(JSON.stringify(keys)).not.toContain('"d"');
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ["ES256"],
      issuer: "nofx",
      audience: "nofx:agents",
    });
    expect(payload["scope"]).toContain("steps:run");
    expect(id).toMatch(/^agent_/);
  });

  test("is not exchanged for another: who stole one has minutes", async () => {
    const { token } = await anAgent();
    expect(await agentApi(gateway, token).post("/token", {})).toMatchObject({
      status: 401,
      body: { code: "unauthenticated" },
    });
  });

  test("that somebody else signed, or nobody, or that is over, opens nothing", async () => {
    const { token } = await anAgent();
    const claims = JSON.parse(
      Buffer.from(token.split(".")[1] ?? "", "base64url").toString(),
    ) as Record<string, unknown>;
    const { kid } = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const header = { alg: "ES256", kid };
    const forged = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
    const [head, , signature] = token.split(".");
    const other = Buffer.from(JSON.stringify({ ...claims, scope: "agents:write" }));
    const changed = [head, other.toString("base64url"), signature].join(".");
    const late = Object.create(gateway.agentTokens) as typeof gateway.agentTokens;
    const over = await late.sign({
      agentId: String(claims["sub"]),
      keyId: String(claims["key"]),
      scopes: ["steps:run"],
      expiresAt: Date.now() - 2_000,
    });
    for (const wrong of [forged, changed, over, new UnsecuredJWT(claims).encode()]) {
      expect((await identity(gateway, wrong)).status).toBe(401);
    }
    expect((await identity(gateway, token)).status).toBe(200);
  });
});

describe("a scope that is missing", () => {
  test("is refused by name, with what there is and what to do", async () => {
    const { key, token } = await anAgent(["messages:read", "models:call"]);
    for (const bearer of [key, token]) {
      expect(await agentApi(gateway, bearer).claim()).toMatchObject({
        status: 403,
        body: {
          code: "scope_missing",
          data: { scope: "steps:run", scopes: ["messages:read", "models:call"] },
          detail: expect.stringMatching(
            / npx nofx agents keys issue agent-\d+ --scope messages:read models:call steps:run$/,
          ),
        },
      });
    }
  });

  test("cannot be asked of a key that has it not, and a token of fewer has fewer", async () => {
    const { key } = await anAgent(["steps:run", "artifacts:write"]);
    const exchange = (scopes: string[]) => agentApi(gateway, key).post("/token", { scopes });
    expect((await exchange(["steps:run", "messages:write"])).body.code).toBe("scope_missing");
    const { body } = await exchange(["artifacts:write"]);
    expect(body["scopes"]).toEqual(["artifacts:write"]);
    const refused = await agentApi(gateway, String(body["token"])).claim();
    expect(refused.status).toBe(403);
    expect(refused.body["detail"]).toContain("POST /api/agent/v1/token");
  });

  test("is asked for by the endpoint for models too, of keys and of tokens", async () => {
    const authenticate = createAuthenticate(gateway, undefined);
    const call = (bearer: string) =>
      authenticate(new Headers({ authorization: `Bearer ${bearer}` }));
    const may = await anAgent(["models:call"]);
    for (const bearer of [may.key, may.token]) {
      expect(await call(bearer)).toMatchObject({ type: "agent", tenantId: tenant.id });
    }
    const mayNot = await anAgent(["steps:run"]);
    for (const bearer of [mayNot.key, mayNot.token]) {
      await expect(call(bearer)).rejects.toMatchObject({
        status: 403,
        body: {
          error: {
            code: "scope_missing",
            message: expect.stringContaining("--scope steps:run models:call"),
          },
        },
      });
    }
    await expect(call(`${may.token.slice(0, -8)}AAAAAAAA`)).rejects.toMatchObject({ status: 401 });
  });

  test("every route says which it takes", () => {
    for (const route of Object.values(AGENT_ROUTES)) expect(route).toHaveProperty("scope");
  });
});

describe("a key that is revoked", () => {
  test("and its tokens are dead at once where it was done, and within five seconds in every other process", async () => {
    const { ctx, id, key, keyId, token } = await anAgent();
    let now = 1_000;
    const clock = { ...gateway.clock, now: () => now };
    const { createAgentTokens } = await import("../../src/agents/agent-tokens.ts");
    const env = { SUPABASE_JWT_SECRET: "none" };
    const { sha256 } = gateway;
    const other = Object.create(gateway, {
      clock: { value: clock },
      agentTokens: { value: createAgentTokens({ clock, sha256, env }) },
    }) as Plane;
    expect((await identity(planes.plane, token)).status).toBe(200);
    expect((await identity(other, token)).status).toBe(200);

    await revokeAgentKey(again(ctx), { agentId: id, keyId });
    expect((await identity(planes.plane, token)).status).toBe(401);
    expect((await identity(planes.plane, key)).status).toBe(401);
    expect((await identity(other, key)).status).toBe(401);
    // what it remembers is all that keeps a token alive, and not for longer than that
    expect((await identity(other, token)).status).toBe(200);
    now += 4_999;
    expect((await identity(other, token)).status).toBe(401);
  });

  test("has nothing to give when it is exchanged, and cannot be rotated", async () => {
    const { ctx, id, key, keyId } = await anAgent();
    const before = await revokeAgentKey(again(ctx), { agentId: id, keyId });
    expect(await revokeAgentKey(again(ctx), { agentId: id, keyId })).toEqual(before);
    expect((await agentApi(gateway, key).post("/token", {})).status).toBe(401);
    await expect(rotateAgentKey(again(ctx), { agentId: id, keyId })).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

test("the key of a push endpoint, which nobody has, is not rotated: posts are signed in its name", async () => {
  const { ctx, id } = await anAgent();
  const url = "https://functions.example/steps";
  const { endpoint } = await setAgentEndpoint(again(ctx), { agentId: id, url });
  expect(endpoint.status).toBe("active");
  const { keys } = await listAgentKeys(ctx, { agentId: id });
  const key = keys.find(({ name }) => name === "push endpoint");
  const rotated = rotateAgentKey(again(ctx), { agentId: id, keyId: key?.id ?? "" });
  await expect(rotated).rejects.toMatchObject({
    code: "conflict",
    detail: expect.stringContaining("nofx agents push rotate"),
  });
});

test("a rotated key and the new one both open until the overlap is over; its tokens end no later", async () => {
  const { ctx, id, key, keyId } = await anAgent(["steps:run"]);
  const rotated = await rotateAgentKey(again(ctx), { agentId: id, keyId, overlapSeconds: 30 });
  expect(rotated).toMatchObject({ scopes: ["steps:run"], expiresAt: null });
  const next = rotated.key ?? "";
  for (const bearer of [key, next]) expect((await identity(gateway, bearer)).status).toBe(200);
  const { body } = await agentApi(gateway, key).post("/token", {});
  const left = new Date(String(body["expiresAt"])).getTime() - Date.now();
  expect(left).toBeLessThanOrEqual(30_000);
  await planes.owner.query(
    "update agent_keys set expires_at = clock_timestamp() where rotated_from is null and agent_id = (select agent_id from agent_keys where hint = $1)",
    [rotated.hint],
  );
  expect((await identity(gateway, key)).status).toBe(401);
  expect((await identity(gateway, next)).status).toBe(200);
});

test("a token goes by what its key is now: what was taken from the key, it has not", async () => {
  const { key, token } = await anAgent();
  await planes.owner.query(
    "update agent_keys set scopes = '{models:call}' where key_sha256 = encode(sha256($1::bytea), 'hex')",
    [key],
  );
  const ctx = await authenticateAgent(gateway, { authorization: `Bearer ${token}` });
  expect(ctx.scopes).toEqual(["models:call"]);
});
