import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPlane, type MemberContext, type Plane } from "@nofx/control/command";
import { registerAgent, issueAgentKey } from "@nofx/control/agents";
import { selectRoute } from "@nofx/control/routing";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { putKey } from "@nofx/control/vault";
import { RouterSelectAnswer } from "@nofx/core/api";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawKek, newSecret, use } from "../vault/fixtures.ts";
import { checkFunctions, findDeno, startBundle, startFunction } from "./deno.ts";

// The edge functions as Supabase runs them: by Deno, as processes of their own. Deno comes from npm.

const deno = findDeno();
const reason = "npm brought no Deno for this machine (its package @deno/<platform> is missing)";
if (deno === undefined) console.warn(`edge functions are not tested: ${reason}`);

const TOKEN = randomBytes(32).toString("hex");
const { k } = rawKek("1");
/** Takes longer than all else here. */
const CHECKED = process.env["PROVE"] === "1" ? ["key-vault", "router-select"] : [];
let t: TestPlane;
let admin: MemberContext;
let secret: string;
let vault: Awaited<ReturnType<typeof startFunction>>;
let router: Awaited<ReturnType<typeof startFunction>>;
let opened: Plane[];

beforeAll(async () => {
  if (deno === undefined) return;
  t = await createTestPlane();
  opened = [];
  [vault, router] = await Promise.all([
    startFunction(deno, "key-vault", env()),
    startFunction(deno, "router-select", env()),
  ]);
  admin = { ...(await (await t.tenant()).as("admin")), plane: process1({ NOFX_KEK: `1:${k}` }) };
  secret = newSecret();
  await putKey(admin, { provider: "openai", secret });
}, 60_000);
afterAll(async () => {
  await Promise.all([vault?.stop(), router?.stop(), ...(opened ?? []).map((one) => one.close())]);
  await t?.[Symbol.asyncDispose]();
});

const env = () => ({
  DATABASE_URL: t.database.url("nofx_agent_gateway"),
  NOFX_KEK: `1:${k}`,
  KEY_VAULT_TOKEN: TOKEN,
  ROUTER_SELECT_TOKEN: TOKEN,
});

/** Another process of ours. */
function process1(given: Record<string, string>): Plane {
  const plane = createPlane(
    {
      DATABASE_URL: t.database.url("nofx_web"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
      ...given,
    },
    { applicationName: "test", max: 3 },
  );
  opened.push(plane);
  return plane;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe.skipIf(deno === undefined)(`by Deno${deno === undefined ? `: ${reason}` : ""}`, () => {
  describe("key-vault", () => {
    const far = () => ({ KEY_VAULT_URL: vault.url, KEY_VAULT_TOKEN: TOKEN });

    test("a process without a KEK uses keys through it, noted as everywhere", async () => {
      const plane = process1(far());
      expect(plane.keks).toBeUndefined();
      const there = { ...admin, plane };
      const runId = randomUUID();
      expect((await use(there, { runId })).secret).toBe(secret);
      const { rows } = await t.owner.query(
        "select action, actor_type, purpose from secure_keys_audit where run_id = $1",
        [runId],
      );
      expect(rows).toEqual([{ action: "used", actor_type: "agent", purpose: "chat.completions" }]);
      await expect(use(there, { provider: "mistral" })).rejects.toMatchObject({
        code: "key_missing",
        detail: expect.stringContaining("nofx keys put mistral"),
      });
    });

    test("it answers with a JWE that only the caller can open, and with nothing else", async () => {
      const { publicKey } = await generateKeyPair("ECDH-ES+A256KW", { crv: "P-256" });
      const { x, y } = await exportJWK(publicKey);
      const asked = {
        tenantId: admin.tenantId,
        provider: "openai",
        who: { type: "system", id: "test" },
        purpose: "test",
        publicKey: { kty: "EC", crv: "P-256", x, y },
        nonce: randomBytes(24).toString("base64url"),
      };
      const answer = await post(vault.url, asked);
      const text = await answer.text();
      expect([answer.status, Object.keys(JSON.parse(text) as object)]).toEqual([200, ["jwe"]]);
      for (const form of [secret, Buffer.from(secret).toString("base64url")]) {
        expect(text).not.toContain(form);
      }
      for (const [status, body, headers] of [
        [401, asked, { authorization: "Bearer wrong" }],
        [401, asked, { authorization: "" }],
        [400, { ...asked, publicKey: undefined }, {}],
        [400, { ...asked, publicKey: { ...asked.publicKey, d: "A".repeat(43) } }, {}],
        [400, { ...asked, publicKey: { ...asked.publicKey, x: "A".repeat(43) } }, {}],
        [400, "{", {}],
      ] as const) {
        const refused = await post(vault.url, body, headers);
        expect([body, refused.status]).toEqual([body, status]);
        expect(await refused.text()).not.toContain("jwe");
      }
      expect((await fetch(vault.url)).status).toBe(401);
    });

    test("when it is down, keys are used in-process where there is a KEK, and nowhere else", async () => {
      const down = { KEY_VAULT_URL: "http://127.0.0.1:9", KEY_VAULT_TOKEN: TOKEN };
      const withKek = { ...admin, plane: process1({ ...down, NOFX_KEK: `1:${k}` }) };
      expect((await use(withKek)).secret).toBe(secret);
      await expect(use({ ...admin, plane: process1(down) })).rejects.toMatchObject({
        code: "unavailable",
      });
      const stranger = { ...far(), KEY_VAULT_TOKEN: "x".repeat(32), NOFX_KEK: `1:${k}` };
      await expect(use({ ...admin, plane: process1(stranger) })).rejects.toMatchObject({
        code: "vault_locked",
      });
      expect(() => process1({ KEY_VAULT_URL: vault.url })).toThrow("KEY_VAULT_TOKEN");
    });

    test("a changed ciphertext is refused there too, and not tried again here", async () => {
      const other = { ...(await (await t.tenant()).as("admin")), plane: admin.plane };
      await putKey(again(other), { provider: "openai", secret: newSecret() });
      await t.owner.query(
        `update secure_key_versions v set jwe = o.jwe from secure_key_versions o
         where v.tenant_id = $1 and o.tenant_id = $2`,
        [other.tenantId, admin.tenantId],
      );
      const plane = process1({ ...far(), NOFX_KEK: `1:${k}` });
      await expect(use({ ...other, plane })).rejects.toMatchObject({ code: "key_unreadable" });
      const { rows } = await t.owner.query(
        "select count(*)::int as n from secure_keys_audit where tenant_id = $1 and action = 'refused'",
        [other.tenantId],
      );
      expect(rows).toEqual([{ n: 1 }]);
    });
  });

  describe("router-select", () => {
    const request = {
      model: "simulated/careful",
      capabilities: ["text" as const],
      inputTokens: 100,
      maxOutputTokens: 100,
      facts: {},
    };

    test("decides as in-process: the same route, to the picodollar", async () => {
      const asked = { tenantId: admin.tenantId, request };
      const here = await selectRoute(process1({}), asked);
      const far = { ROUTER_SELECT_URL: router.url, ROUTER_SELECT_TOKEN: TOKEN };
      const plane = process1(far);
      const there = await selectRoute(plane, asked);
      expect(here.ok && there.ok && there.chosen).toEqual(here.ok && here.chosen);
      expect(there.ok && there.facts.policy.name).toBe("default");
      const unknown = { ...asked, request: { ...request, model: "nobody/nothing" } };
      expect(await selectRoute(plane, unknown)).toMatchObject({
        ok: false,
        code: "model_unknown",
      });
      const down = { ...far, ROUTER_SELECT_URL: "http://127.0.0.1:9" };
      expect(await selectRoute(process1(down), asked)).toMatchObject({ ok: true });
    });

    test("agents ask with their key, for their tenant; engines can be compared", async () => {
      const agent = await registerAgent(again(admin), { name: "asker", capabilities: ["models"] });
      const { key } = await issueAgentKey(again(admin), { agentId: agent.agentId });
      for (const engine of ["v1", "v2"]) {
        const answer = await post(
          router.url,
          { request, engine },
          { authorization: `Bearer ${key}` },
        );
        const decision = RouterSelectAnswer.parse(await answer.json());
        expect(decision).toMatchObject({ ok: true, chosen: { model: "careful" } });
      }
      for (const [status, headers] of [
        [401, { authorization: "Bearer nofx_ak_wrong" }],
        [400, {}],
        [400, { "nofx-tenant": "x" }],
      ] as const) {
        expect((await post(router.url, { request }, headers)).status).toBe(status);
      }
      const wrong = await post(router.url, { nothing: 1 }, { "nofx-tenant": admin.tenantId });
      expect(wrong.status).toBe(400);
    });
  });

  test("neither writes a secret to its log", () => {
    const logs = [...vault.output, ...router.output].join("\n");
    expect(logs).not.toContain(secret);
    expect(logs).not.toContain(TOKEN);
    expect(logs).not.toContain(k);
  });

  test.each(CHECKED)(
    "the types of %s hold under Deno's own compiler, and its one file needs nothing beside it",
    async (name) => {
      expect(await checkFunctions(deno!, [name])).toBe("");
      const folder = mkdtempSync(join(tmpdir(), "nofx-functions-"));
      const bundle = await startBundle(deno!, folder, name, env());
      expect((await fetch(bundle.url)).status).toBe(401);
      await bundle.stop();
      rmSync(folder, { recursive: true });
    },
    120_000,
  );
});
