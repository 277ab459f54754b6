import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, endpointFixture, newKey, post, type EndpointFixture } from "./fixtures.ts";

// What callers, providers and accidents could make of the endpoint to somebody's cost.

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

const ask = (body: object, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  t.endpoint().handle(
    post("/chat/completions", body, {
      agentKey: t.agentKey,
      headers,
      ...(signal !== undefined && { signal }),
    }),
  );
const chain = (...models: string[]) => [
  { strategy: { type: "fallback", targets: models.map((model) => ({ model })) } },
];
const ended = (provider: string) =>
  until(
    "the call has ended",
    async () => (await t.calls(`provider = '${provider}' and ended_at is not null`))[0],
  );

describe("the books are closed", () => {
  it("over a stream that nobody reads, when its time is over", async () => {
    const fake = await t.provider("unread");
    fake.next({ do: "hold", afterChunks: 3 });
    const response = await ask(chat("unread/m", { stream: true }), { "nofx-deadline-ms": "500" });
    expect(response.status).toBe(200);
    expect(await ended("unread")).toMatchObject({ status: "failed", error_code: "timed_out" });
    const { rows } = await t.test.owner.query(
      "select state from budget_reservations where model = 'unread/m'",
    );
    expect(rows).toEqual([{ state: "settled" }]);
    expect(await response.text()).toContain("timed_out");
    fake.release();
  });

  it("over a stream whose caller left before it began, where models come to their end", async () => {
    await t.settings({ onDisconnect: "finish" });
    const fake = await t.provider("early");
    fake.next({ do: "hold", afterChunks: 0 });
    const gone = new AbortController();
    const answer = ask(chat("early/m", { stream: true }), {}, gone.signal);
    await until("the provider is asked", () => fake.open === 1);
    gone.abort();
    fake.release();
    await answer;
    expect(await ended("early")).toMatchObject({ status: "abandoned", cost_pico: 22_000_000 });
    await t.settings({});
  });

  it("and nobody else is asked for a caller that has left", async () => {
    await t.settings({ onDisconnect: "finish" });
    const fake = await t.provider("left-first");
    await t.provider("left-second");
    await t.policy("left", chain("left-first/m", "left-second/m"));
    fake.next({ do: "cut", afterChunks: 0 });
    const gone = new AbortController();
    gone.abort();
    await ask(chat("policy:left", { stream: true }), {}, gone.signal);
    expect(await t.calls("provider = 'left-second'")).toEqual([]);
    await t.settings({});
  });
});

describe("what a provider tells of tokens", () => {
  it.each([1.5, -3, 3_000_000_000])("is not believed where it is %s", async (tokens) => {
    const name = `teller${tokens}`;
    const fake = await t.provider(name, { models: [{ name: "e", capabilities: ["embeddings"] }] });
    const data = [{ object: "embedding", index: 0, embedding: [1] }];
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    fake.next({ do: "replay", body: { object: "list", model: "e", data, usage } });
    const response = await t.post("/embeddings", { model: `${name}/e`, input: "Hi" });
    expect(response.status).toBe(200);
    expect(await t.calls(`provider = '${name}'`)).toMatchObject([
      { status: "succeeded", usage_estimated: true, input_tokens: 1 },
    ]);
    expect(t.errors).toEqual([]);
  });
});

describe("kept answers", () => {
  it("of a model that stood in are not given for those of the model that was meant", async () => {
    const first = await t.provider("meant");
    await t.provider("stand-in");
    await t.policy("kept", chain("meant/m", "stand-in/m"));
    first.next({ do: "error", status: 500 });
    const exact = { "nofx-cache": "exact" };
    const body = chat("policy:kept");
    expect((await ask(body, exact)).headers.get("nofx-provider")).toBe("stand-in");
    const again = await ask(body, exact);
    expect(again.headers.get("nofx-cache")).toBe("miss");
    expect(again.headers.get("nofx-provider")).toBe("meant");
    // asked for by its name, that of the other is there
    const other = await ask(chat("stand-in/m"), exact);
    expect(other.headers.get("nofx-cache")).toBe("exact");
  });
});

describe("health", () => {
  it("learns nothing from callers that do not wait", async () => {
    const fake = await t.provider("hurried");
    fake.always({ do: "hold", afterChunks: 0 });
    for (let call = 0; call < 8; call++) {
      const late = await ask(chat("hurried/m"), { "nofx-deadline-ms": "100" });
      expect([call, late.status]).toEqual([call, 504]);
    }
    fake.always({ do: "answer" });
    fake.release();
    expect((await ask(chat("hurried/m"))).status).toBe(200);
  });
});

describe("keys", () => {
  it("while they change, the version before is used where the provider refuses the new one", async () => {
    await t.provider("changed");
    await t.putKey("changed", newKey());
    const response = await ask(chat("changed/m"));
    expect(response.status).toBe(200);
    expect(response.headers.get("nofx-tried")).toBe("changed/m=unauthorized, changed/m=ok");
    const rows = await t.calls("provider = 'changed'");
    expect(new Set(rows.map((row) => row.key_id)).size).toBe(2);

    // both are refused: that is what is told, and each was tried once
    await t.putKey("changed", newKey());
    const refused = await ask(chat("changed/m"));
    expect(await refused.json()).toMatchObject({ error: { code: "provider_key_refused" } });
    expect(refused.headers.get("nofx-attempts")).toBe("2");
  });
});

describe("requests", () => {
  it("that are nested too deep are refused, and none is an error of ours", async () => {
    await t.provider("deep");
    const depth = 50_000;
    const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const tools = `[{"type":"function","function":{"name":"f","parameters":${deep}}}]`;
    const body = JSON.stringify(chat("deep/m")).replace(/}$/, `,"tools":${tools}}`);
    const response = await t.post("/chat/completions", body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: "invalid_value" } },
    ]);
    expect(t.errors).toEqual([]);
  });

  it("with characters that cannot be stored are on record all the same", async () => {
    await t.provider("odd");
    await t.settings({ transcripts: true });
    const content = "before \u0000 between \ud800 after";
    expect((await ask(chat("odd/m", { messages: [{ role: "user", content }] }))).status).toBe(200);
    const { rows } = await t.test.owner.query(
      "select request from model_transcripts where tenant_id = $1",
      [t.tenantId],
    );
    expect(JSON.stringify(rows)).toContain("before \ufffd between \ufffd after");
    await t.settings({});
  });
});

it("a budget's cheaper model is one of the policy that was asked for", async () => {
  await t.provider("costly");
  await t.provider("within");
  await t.provider("outside");
  await t.policy("ours", chain("costly/m", "within/m"));
  const { owner } = t.test;
  for (const [provider, price] of [
    ["costly", 100_000_000],
    ["within", 1_000],
    ["outside", 1],
  ]) {
    await owner.query(
      "update llm_prices set input = $3, output = $3 where tenant_id = $1 and provider = $2",
      [t.tenantId, provider, price],
    );
  }
  t.plane.routing.changed(t.tenantId);
  await owner.query(
    `insert into budgets (tenant_id, name, scope, subject, measure, kind, "window", "limit", outcome, created_by, changed_by)
     values ($1, 'thrifty', 'agent', $2, 'usd', 'cap', 'total', 1000000000, 'degrade', $1, $1)`,
    [t.tenantId, t.agentId],
  );
  const response = await ask(chat("policy:ours"));
  expect(response.headers.get("nofx-degraded")).toBe("true");
  expect(response.headers.get("nofx-provider")).toBe("within");
});

it("a model without a price is not asked where money is limited; another of the policy is", async () => {
  const free = await t.provider("unpriced");
  await t.provider("priced");
  await t.policy("some", chain("unpriced/m", "priced/m"));
  const { owner } = t.test;
  await owner.query("delete from llm_prices where tenant_id = $1 and provider = 'unpriced'", [
    t.tenantId,
  ]);
  t.plane.routing.changed(t.tenantId);
  await owner.query("update budgets set enabled = false where tenant_id = $1", [t.tenantId]);
  expect((await ask(chat("unpriced/m"))).status).toBe(200);
  await owner.query(
    `insert into budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
     values ($1, 'money', 'tenant', 'usd', 'cap', 'day', 1000000000000, 'stop', $1, $1)`,
    [t.tenantId],
  );
  const refused = await ask(chat("unpriced/m"));
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { error: { code: "price_missing", param: "model" } },
  ]);
  expect((await ask(chat("policy:some"))).headers.get("nofx-provider")).toBe("priced");
  expect(free.requests).toHaveLength(1);
});
