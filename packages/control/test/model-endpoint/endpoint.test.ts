import { seedRun } from "@nofx/db/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, endpointFixture, type EndpointFixture } from "./fixtures.ts";

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

it("answers, tells who did, and notes what it cost", async () => {
  const fake = await t.provider("plain");
  const response = await t.post("/chat/completions", chat("plain/m"));
  const body = await response.json();
  expect([response.status, body]).toEqual([200, expect.anything()]);
  expect(body).toMatchObject({
    object: "chat.completion",
    choices: [{ message: { content: "Hello from a fake provider." }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 6 },
  });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "nofx-provider": "plain",
    "nofx-model": "m",
    "nofx-attempts": "1",
    "nofx-tried": "plain/m=ok",
    "nofx-cache": "none",
    // 10 tokens at a dollar a million, 6 at two
    "nofx-cost-usd": "0.000022",
  });
  expect(fake.requests.at(-1)?.headers["authorization"]).toBe(`Bearer ${fake.key}`);
  expect(await t.calls("provider = 'plain'")).toMatchObject([
    {
      attempt: 1,
      status: "succeeded",
      finish_reason: "stop",
      input_tokens: 10,
      output_tokens: 6,
      cost_pico: 22_000_000,
      usage_estimated: false,
      agent_id: t.agentId,
      error_code: null,
    },
  ]);
  expect(t.errors).toEqual([]);
});

describe("what is refused", () => {
  const refused = async (answer: Response | Promise<Response>) => {
    const response = await answer;
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    return [response.status, error["code"], error["param"]];
  };
  const at = (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${t.agentKey}`, ...(init.headers as object) };
    return t.endpoint().handle(new Request(`http://gateway${path}`, { ...init, headers }));
  };

  it("says in OpenAI's form what is wrong, and where", async () => {
    await t.provider("picky", { models: [{ name: "m", capabilities: ["text"] }] });
    const chatting = "/chat/completions";
    expect(await refused(t.post(chatting, "{"))).toEqual([400, "invalid_json", null]);
    expect(await refused(t.post(chatting, { model: "picky/m" }))).toMatchObject([
      400,
      expect.anything(),
      "messages",
    ]);
    expect(await refused(t.post(chatting, chat("nobody/m")))).toEqual([
      404,
      "model_not_found",
      "model",
    ]);
    expect(await refused(t.post(chatting, chat("policy:none")))).toEqual([
      404,
      "model_not_found",
      "model",
    ]);
    const tools = [{ type: "function", function: { name: "look" } }];
    expect(await refused(t.post(chatting, chat("picky/m", { tools })))).toEqual([
      400,
      "capability_missing",
      "model",
    ]);
    expect(await refused(t.post(chatting, chat("picky/m"), { "nofx-cache": "maybe" }))).toEqual([
      400,
      "invalid_header",
      "nofx-cache",
    ]);
    expect(
      await refused(
        t.post(chatting, chat("picky/m"), { "nofx-step-id": toId("step", t.tenantId) }),
      ),
    ).toEqual([404, "step_unknown", "nofx-step-id"]);
    expect(
      await refused(t.post(chatting, chat("picky/m"), { "nofx-budget-usd": "0.00000001" })),
    ).toEqual([402, "over_budget", "nofx-budget-usd"]);
    expect(await refused(at("/v1/chat/completions"))).toEqual([405, "method_not_allowed", null]);
    expect(await refused(at("/v1/nothing"))).toEqual([404, "unknown_url", null]);
    expect(await refused(at("/v1/models/%E0%A4%A"))).toEqual([404, "model_not_found", "model"]);
    expect(await refused(at("/v1/models", { headers: { authorization: "Bearer x" } }))).toEqual([
      401,
      "invalid_api_key",
      null,
    ]);
    expect(
      await refused(
        at("/v1/chat/completions", {
          method: "POST",
          body: "{}",
          headers: { "content-type": "application/json", "content-length": "99999999" },
        }),
      ),
    ).toEqual([413, "payload_too_large", null]);
    expect(await t.calls("provider = 'picky'")).toEqual([]);
    expect(t.errors).toEqual([]);
  });

  it("a model whose key is not in the vault is known, and cannot be asked", async () => {
    await t.provider("keyless");
    await t.test.owner.query("update llm_providers set key_name = 'other' where name = 'keyless'");
    t.plane.routing.changed(t.tenantId);
    const answer = t.post("/chat/completions", chat("keyless/m"));
    expect(await refused(answer)).toEqual([400, "no_candidate", "model"]);
  });
});

it("lists what the tenant can ask for, and nothing of another's", async () => {
  await t.provider("own-models");
  await t.policy("mine", [{ strategy: { type: "cost" } }]);
  const listed = async (path = "") => {
    const headers = { authorization: `Bearer ${t.agentKey}` };
    const response = await t
      .endpoint()
      .handle(new Request(`http://x/v1/models${path}`, { headers }));
    return (await response.json()) as { data: { id: string }[]; id: string };
  };
  const ids = (await listed()).data.map(({ id }) => id);
  expect(ids).toEqual(
    expect.arrayContaining(["auto", "policy:mine", "own-models/m", "simulated/careful"]),
  );
  // known, but without a key
  expect(ids.filter((id) => id.startsWith("openai/"))).toEqual([]);
  expect((await listed("/own-models/m")).id).toBe("own-models/m");
});

it("charges a step that the agent holds, and its run; another's is not there", async () => {
  await t.provider("charged");
  const run = await seedRun(t.test.owner, t.tenantId, [{ name: "one", kind: "agent" }]);
  const stepId = run.steps["one"] ?? "";
  const ask = () =>
    t.post("/chat/completions", chat("charged/m"), { "nofx-step-id": toId("step", stepId) });
  expect((await ask()).status).toBe(404);
  await t.test.owner.query(
    "update steps set status = 'running', lease_owner = $2, lease_until = clock_timestamp() + interval '1 hour' where id = $1",
    [stepId, t.agentId],
  );
  expect((await ask()).status).toBe(200);
  expect(await t.calls("provider = 'charged'")).toMatchObject([
    { run_id: run.id, step_id: stepId, agent_id: t.agentId },
  ]);
});

it("takes a cheaper model where a budget says so, and tells", async () => {
  await t.provider("dear");
  await t.provider("cheap");
  const { owner } = t.test;
  await owner.query(
    "update llm_prices set input = 10000000, output = 20000000 where tenant_id = $1 and provider = 'dear'",
    [t.tenantId],
  );
  await owner.query(
    "update llm_providers set enabled = false where tenant_id = $1 and name not in ('dear', 'cheap')",
    [t.tenantId],
  );
  t.plane.routing.changed(t.tenantId);
  await owner.query(
    `insert into budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
     values ($1, 'thrifty', 'tenant', 'usd', 'cap', 'total', 1000000000, 'degrade', $1, $1)`,
    [t.tenantId],
  );
  const { rows } = await owner.query(
    "select coalesce(sum(cost_pico), 0)::text as spent from model_calls where tenant_id = $1",
    [t.tenantId],
  );
  expect(Number(rows[0].spent)).toBeLessThan(500_000_000);
  const response = await t.post("/chat/completions", chat("dear/m"));
  expect(response.status).toBe(200);
  expect(response.headers.get("nofx-provider")).toBe("cheap");
  expect(response.headers.get("nofx-degraded")).toBe("true");
});
