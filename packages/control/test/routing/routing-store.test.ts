import {
  checkPolicy,
  getPolicyHistory,
  getPriceHistory,
  listHealth,
  listPolicies,
  listProviders,
  recordOutcome,
  removeModel,
  removePolicy,
  removeProvider,
  savePolicy,
  selectRoute,
  setModel,
  setPrice,
  setProvider,
  switchProvider,
  whatIf,
  withdrawPrice,
} from "@nofx/control/routing";
import type { MemberContext } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

let test: TestPlane;
let tenant: TestTenant;
let admin: MemberContext;

beforeAll(async () => {
  test = await createTestPlane();
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await test.tenant();
  admin = await tenant.as("admin");
});
const next = () => (admin = again(admin));

const local = (name: string) => ({
  name,
  kind: "openai_compatible" as const,
  baseUrl: "https://models.example.com/v1/",
  keyName: null,
});

describe("providers", () => {
  it("of the tenant stand in place of the product's, and can be taken back", async () => {
    const before = await listProviders(admin);
    const openai = before.providers.find(({ name }) => name === "openai");
    expect(openai).toMatchObject({ origin: "product", usable: false, missing: "key" });

    const set = await setProvider(next(), {
      ...local("openai"),
      region: "eu",
      headers: { "X-Team": "search" },
    });
    expect(set).toMatchObject({ origin: "tenant", usable: true, region: "eu" });
    expect(set.baseUrl).toBe("https://models.example.com/v1");
    const request = {
      model: "openai/gpt-5-mini",
      capabilities: ["text"] as const,
      inputTokens: 10,
      maxOutputTokens: 10,
      facts: {},
    };
    expect(await selectRoute(test.plane, { tenantId: tenant.id, request })).toMatchObject({
      ok: true,
      chosen: { region: "eu", baseUrl: set.baseUrl, headers: { "X-Team": "search" } },
    });
    const off = await switchProvider(next(), { name: "openai", region: "eu", enabled: false });
    expect(off).toMatchObject({ enabled: false, headers: { "X-Team": "search" } });
    expect(await selectRoute(test.plane, { tenantId: tenant.id, request })).toMatchObject({
      ok: false,
      code: "no_candidate",
    });
    await removeProvider(next(), { name: "openai", region: "eu" });
    const after = await listProviders(next());
    expect(after.providers.find(({ name }) => name === "openai")).toEqual(openai);
  });

  it("are called only where the public internet is, without injected headers", async () => {
    for (const baseUrl of [
      "http://169.254.169.254/v1",
      "https://127.0.0.1/v1",
      "https://[::1]/v1",
      "https://0x7f000001/v1",
      "http://models.example.com/v1",
      "https://user:pass@models.example.com/v1",
      "https://models.example.com/v1?x=1",
      "file:///etc/passwd",
      "nowhere",
      null,
    ]) {
      await expect(
        setProvider(next(), { ...local("mine"), baseUrl }),
        `${baseUrl}`,
      ).rejects.toMatchObject({
        code: "invalid_input",
        issues: [{ path: "/baseUrl" }],
      });
    }
    for (const headers of [
      { "x-a": "1\r\nx-b: 2" },
      { authorization: "x" },
      { "x-api-key": "x" },
    ]) {
      await expect(setProvider(next(), { ...local("mine"), headers })).rejects.toMatchObject({
        code: "invalid_input",
      });
    }
    await expect(setProvider(next(), local("simulated"))).rejects.toMatchObject({
      code: "conflict",
    });
    const operator = await tenant.as("operator");
    await expect(setProvider(operator, local("mine"))).rejects.toMatchObject({ code: "forbidden" });
  });

  it("show the health of the last 60 minutes", async () => {
    await setProvider(next(), local("mine"));
    const where = { tenantId: tenant.id, provider: "mine", model: "m", region: "default" };
    recordOutcome(test.plane, { ...where, outcome: { ok: true, latencyMs: 120 } });
    recordOutcome(test.plane, {
      ...where,
      outcome: { ok: false, code: "rate_limited", latencyMs: 5, retryAfterMs: 60_000 },
    });
    await test.plane.routing.flush();
    const { health } = await listHealth(next(), {});
    expect(health).toHaveLength(1);
    expect(health[0]).toMatchObject({
      provider: "mine",
      shared: false,
      samples: 2,
      errors: { rate_limited: 1 },
      rateLimitedUntil: expect.any(String),
    });
    expect(health[0]?.minutes).toHaveLength(60);
    expect(health[0]?.minutes.reduce((sum, { calls }) => sum + calls, 0)).toBe(2);
    const stranger = await (await test.tenant()).as("admin");
    expect((await listHealth(stranger, {})).health).toEqual([]);
  });
});

describe("models", () => {
  it("are what the tenant says they are, until that is taken back", async () => {
    await setProvider(next(), local("mine"));
    const model = await setModel(next(), {
      model: "mine/large",
      quality: 0.7,
      contextTokens: 8_000,
    });
    expect(model).toMatchObject({ own: true, routable: true, quality: 0.7, contextTokens: 8_000 });
    expect(model.capabilities).toEqual(["text", "json", "tools", "streaming"]);
    const off = await setModel(next(), { model: "mine/large", enabled: false });
    expect(off).toMatchObject({ quality: 0.7, enabled: false, routable: false });
    await removeModel(next(), { model: "mine/large" });
    await expect(removeModel(next(), { model: "mine/large" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(setModel(next(), { model: "yours/large" })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("providers set yours"),
    });
  });

  it("have prices with a date; a later one takes an earlier one back, and nothing is lost", async () => {
    await setProvider(next(), { ...local("openai"), keyName: null });
    const model = "openai/gpt-5-mini";
    const priceNow = async () => {
      const { candidates } = await whatIf(next(), {
        request: { model, inputTokens: 100_000, maxOutputTokens: 0 },
      });
      return candidates.find(({ place }) => place === "chosen")?.estimatedUsd;
    };
    expect(await priceNow()).toBe("0.025");
    await setPrice(next(), {
      model,
      perMillionTokens: { input: "0.2", output: "1.5" },
      tiers: [{ aboveTokens: 90_000, perMillionTokens: { input: "0.1", output: "1" } }],
      note: "Contract",
    });
    expect(await priceNow()).toBe("0.01");
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const price = { model, effectiveFrom: tomorrow, note: "Soon" };
    await setPrice(next(), { ...price, perMillionTokens: { input: "9", output: "9" } });
    await withdrawPrice(next(), { ...price, note: "After all not" });
    const withdrawn = await withdrawPrice(next(), { model, note: "The contract has ended" });
    expect(await priceNow()).toBe("0.025");
    expect(withdrawn.prices.filter(({ inForce }) => inForce)).toEqual([
      expect.objectContaining({ own: false, source: expect.stringContaining("genai-prices") }),
    ]);
    expect(withdrawn.prices.filter(({ own }) => own)).toHaveLength(5);
    expect(withdrawn.prices.filter(({ replaced }) => replaced)).toEqual([
      expect.objectContaining({ note: "Soon", revision: 1 }),
    ]);
    await expect(
      setPrice(next(), {
        model,
        effectiveFrom: "2026-01-01T00:00:00Z",
        perMillionTokens: { input: "1", output: "1" },
        note: "Late",
      }),
    ).rejects.toMatchObject({ code: "invalid_input", issues: [{ path: "/effectiveFrom" }] });
    expect((await getPriceHistory(next(), { model })).prices).toHaveLength(6);
  });
});

describe("policies", () => {
  const document = (when?: string) => ({
    rules: [
      ...(when === undefined ? [] : [{ when, strategy: { type: "cost" as const } }]),
      { strategy: { type: "quality" as const } },
    ],
  });

  it("come with the product, are checked when they are saved, and have versions", async () => {
    const shipped = await listPolicies(admin);
    expect(shipped.policies.map(({ name }) => name)).toEqual([
      "best",
      "cheapest",
      "default",
      "fastest",
    ]);
    for (const { problems, warnings, origin } of shipped.policies) {
      expect({ problems, warnings, origin }).toEqual({
        problems: [],
        warnings: [],
        origin: "product",
      });
    }
    await expect(
      savePolicy(next(), {
        name: "default",
        document: document("request.inputTokens >\n 5 &&& true"),
        note: "x",
      }),
    ).rejects.toMatchObject({
      code: "condition_invalid",
      message: expect.stringContaining("/rules/0/when, line 2"),
    });
    const saved = await savePolicy(next(), {
      name: "default",
      document: document("request.inputTokens < 1000"),
      note: "Small is cheap",
    });
    expect(saved).toMatchObject({ version: 1, origin: "tenant", ownVersion: 1 });
    // two who look at the same version: the second is told
    await expect(
      savePolicy(next(), { name: "default", document: document(), note: "x" }),
    ).rejects.toMatchObject({ code: "conflict" });
    await savePolicy(next(), { name: "default", replaces: 1, document: document(), note: "Best" });
    const { versions } = await getPolicyHistory(next(), { name: "default" });
    expect(versions.map(({ version, note }) => [version, note])).toEqual([
      [2, "Best"],
      [1, "Small is cheap"],
    ]);
    await removePolicy(next(), { name: "default", replaces: 2, note: "Back" });
    const { policies } = await listPolicies(next());
    expect(policies.find(({ name }) => name === "default")).toMatchObject({
      origin: "product",
      ownVersion: 3,
    });
  });

  it("are told what is likely not meant", async () => {
    const check = await checkPolicy(next(), {
      document: {
        rules: [
          { strategy: { type: "fallback", targets: [{ model: "nobody/large" }] } },
          { when: "request.json", strategy: { type: "cost" } },
        ],
      },
    });
    expect(check.ok).toBe(true);
    expect(check.warnings.map(({ path }) => path)).toEqual(["/rules/0/strategy", "/rules/1"]);
    const wrong = await checkPolicy(next(), { document: { rules: [], engine: "v3" } });
    expect(wrong.ok).toBe(false);
    expect(wrong.problems.map(({ path }) => path).sort()).toEqual(["/engine", "/rules"]);
  });

  it("say what would happen, for each candidate, by themselves or by a draft", async () => {
    const chat = {
      model: "auto",
      messages: [{ role: "user", content: "Hello" }],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    };
    const now = await whatIf(next(), { request: chat });
    expect(now).toMatchObject({ ok: true, policy: { name: "default", version: 1, draft: false } });
    expect(now.request.capabilities).toContain("tools");
    expect(now.candidates.map(({ provider }) => provider)).toEqual(
      Array.from({ length: now.candidates.length }, () => "simulated"),
    );
    const draft = {
      rules: [{ strategy: { type: "fallback", targets: [{ model: "simulated/hasty" }] } }],
    };
    const drafted = await whatIf(next(), { request: chat, draft });
    expect(drafted.candidates[0]).toMatchObject({ model: "hasty", place: "chosen", rank: 0 });
    expect(drafted.candidates.filter(({ why }) => why === "not_in_rule")).not.toHaveLength(0);
    expect(drafted.digest).not.toBe(now.digest);

    const long = await whatIf(next(), { request: { inputTokens: 90_000_000 } });
    expect(long).toMatchObject({ ok: false, code: "context_too_long" });
    const unknown = await whatIf(next(), { request: chat, policy: "nightly" });
    expect(unknown).toMatchObject({ ok: false, code: "model_unknown" });
    await expect(whatIf(next(), { request: { messages: "hello" } })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  it("of one tenant are nobody else's", async () => {
    await savePolicy(next(), { name: "mine", document: document(), note: "x" });
    await setProvider(next(), local("mine"));
    await setModel(next(), { model: "mine/m", quality: 1 });
    await setPrice(next(), {
      model: "simulated/careful",
      perMillionTokens: { input: "1", output: "1" },
      note: "x",
    });
    const stranger = await (await test.tenant()).as("admin");
    expect((await listPolicies(stranger)).policies.some(({ name }) => name === "mine")).toBe(false);
    expect((await listProviders(stranger)).providers.some(({ name }) => name === "mine")).toBe(
      false,
    );
    expect((await getPriceHistory(stranger, { model: "simulated/careful" })).prices).toHaveLength(
      1,
    );
    const seen = await whatIf(stranger, { request: { model: "mine/m" } });
    expect(seen).toMatchObject({ ok: false, code: "model_unknown" });
  });
});
