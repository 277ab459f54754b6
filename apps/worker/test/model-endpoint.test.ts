import { createHash, randomBytes } from "node:crypto";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { seedAgent, seedTenant, until } from "@nofx/db/testing";
import { embed, generateText, jsonSchema, streamText, tool } from "ai";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "@nofx/control/testing/fake-providers";
import { startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// OpenAI's own client and the AI SDK, unmodified, against the gateway of a worker process, with an agent's key as their key.

const PROVIDER_KEY = `sk-${randomBytes(24).toString("base64url")}`;
let stack: WorkerStack;
let worker: WorkerProcess;
let fake: FakeProvider;
beforeAll(async () => {
  fake = await startFakeProvider({ kind: "openai_compatible", key: PROVIDER_KEY });
  stack = await startWorkerStack();
  worker = await stack.start({
    NOFX_HTTP_ALLOW: fake.host,
    NOFX_LLM_PROVIDERS: JSON.stringify([
      {
        name: "local",
        baseUrl: fake.baseUrl,
        apiKeyEnv: "NOFX_LLM_KEY_LOCAL",
        models: ["m", "embed"],
      },
    ]),
    NOFX_LLM_KEY_LOCAL: PROVIDER_KEY,
  });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await fake.close();
});

async function newAgent() {
  const tenant = await seedTenant(stack.owner);
  const apiKey = `nofx_ak_${randomBytes(32).toString("base64url")}`;
  const keySha256 = createHash("sha256").update(apiKey).digest("hex");
  await seedAgent(stack.owner, tenant.id, { capabilities: [], keySha256 });
  for (const [name, capabilities] of [
    ["m", "{text,json,tools,streaming}"],
    ["embed", "{embeddings}"],
  ]) {
    await stack.owner.query(
      `insert into llm_models (tenant_id, provider, name, title, capabilities) values ($1, 'local', $2, $2, $3)`,
      [tenant.id, name, capabilities],
    );
  }
  await stack.owner.query(
    `insert into llm_prices (tenant_id, provider, model, effective_from, input, output, source)
     values ($1, 'local', 'm', '2020-01-01', 1000000, 2000000, 'test')`,
    [tenant.id],
  );
  const baseURL = `${worker.url}/v1`;
  const openai = new OpenAI({ apiKey, baseURL, maxRetries: 0 });
  const sdk = createOpenAICompatible({
    name: "nofx",
    apiKey,
    baseURL,
    supportsStructuredOutputs: true,
  });
  return { tenant, apiKey, openai, sdk };
}

const hello = [{ role: "user" as const, content: "Say hello." }];
const weather = {
  type: "function" as const,
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const callsWeather = {
  do: "answer" as const,
  answer: {
    toolCalls: [{ name: "weather", input: { city: "Oslo" } }],
    usage: { input: 9, output: 4 },
  },
};

describe("OpenAI's client", () => {
  it("chats, streams, calls tools, gets JSON, embeds and lists models", async () => {
    const { openai } = await newAgent();
    const { data, response } = await openai.chat.completions
      .create({ model: "local/m", messages: hello })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("Hello from a fake provider.");
    expect(response.headers.get("nofx-provider")).toBe("local");
    expect((data as { _request_id?: string })._request_id).toMatch(/^call_/);

    let text = "";
    let tokens = 0;
    for await (const chunk of await openai.chat.completions.create({
      model: "local/m",
      messages: hello,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      text += chunk.choices[0]?.delta.content ?? "";
      tokens += chunk.usage?.total_tokens ?? 0;
    }
    expect([text, tokens]).toEqual(["Hello from a fake provider.", 16]);

    fake.next(callsWeather, callsWeather);
    const called = await openai.chat.completions.create({
      model: "local/m",
      messages: hello,
      tools: [weather],
    });
    expect(called.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "weather", arguments: '{"city":"Oslo"}' } }] },
    });
    const streamed = openai.chat.completions.stream({
      model: "local/m",
      messages: hello,
      tools: [weather],
    });
    const final = await streamed.finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: "weather", arguments: '{"city":"Oslo"}' },
    });

    fake.next({ do: "answer", answer: { text: '{"ok":true}', usage: { input: 1, output: 1 } } });
    const json = await openai.chat.completions.create({
      model: "local/m",
      messages: hello,
      response_format: {
        type: "json_schema",
        json_schema: { name: "ok", strict: true, schema: { type: "object" } },
      },
    });
    expect(JSON.parse(json.choices[0]?.message.content ?? "")).toEqual({ ok: true });

    const answered = await openai.responses.create({ model: "local/m", input: "Say hello." });
    expect(answered.output_text).toBe("Hello from a fake provider.");
    let said = "";
    for await (const event of await openai.responses.create({
      model: "local/m",
      input: "Say hello.",
      stream: true,
    })) {
      if (event.type === "response.output_text.delta") said += event.delta;
    }
    expect(said).toBe("Hello from a fake provider.");

    // the client asks for base64 by itself
    const vectors = await openai.embeddings.create({ model: "local/embed", input: ["a", "b"] });
    expect(vectors.data.map(({ embedding }) => embedding[0])).toEqual([0, 1]);

    const ids = (await openai.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["local/m", "simulated/careful"]));
    expect(await openai.models.retrieve("local/m")).toMatchObject({ owned_by: "local" });
  });

  it("reads our errors as OpenAI's", async () => {
    const { openai, tenant } = await newAgent();
    const failing = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) =>
          error instanceof APIError ? [error.status, error.code, error.param] : error,
      );
    const ask = (body: object) =>
      failing(
        openai.chat.completions.create({ model: "local/m", messages: hello, ...body } as never),
      );
    expect(await ask({ model: "local/none" })).toEqual([404, "model_not_found", "model"]);
    expect(await ask({ temperature: 9 })).toMatchObject([400, expect.any(String), "temperature"]);
    const stranger = new OpenAI({ apiKey: "nofx_ak_nobody", baseURL: openai.baseURL });
    expect(await failing(stranger.models.list())).toEqual([401, "invalid_api_key", null]);
    await stack.owner.query(
      `insert into tenant_settings (tenant_id, key, value) values ($1, 'model_endpoint', '{"requestsPerMinute": 6}')`,
      [tenant.id],
    );
    const limited = async () => (await ask({}))?.toString().startsWith("429,rate_limit_exceeded");
    expect(await until("the new rate is heeded", limited)).toBe(true);
  });
});

describe("the AI SDK", () => {
  it("generates, streams, calls tools and embeds", async () => {
    const { sdk } = await newAgent();
    const model = sdk.chatModel("local/m");
    expect((await generateText({ model, prompt: "Say hello." })).text).toBe(
      "Hello from a fake provider.",
    );
    let text = "";
    for await (const delta of streamText({ model, prompt: "Say hello." }).textStream) text += delta;
    expect(text).toBe("Hello from a fake provider.");
    fake.next(callsWeather);
    const { toolCalls } = await generateText({
      model,
      prompt: "How is the weather?",
      tools: { weather: tool({ inputSchema: jsonSchema({ type: "object" }) }) },
    });
    expect(toolCalls).toMatchObject([{ toolName: "weather", input: { city: "Oslo" } }]);
    const { embedding } = await embed({ model: sdk.embeddingModel("local/embed"), value: "a" });
    expect(embedding).toHaveLength(4);
  });
});

describe("the gateway", () => {
  it("notes what a caller had that hung up in the middle of a stream", async () => {
    const { openai, tenant } = await newAgent();
    fake.next({ do: "hold", afterChunks: 3 });
    const stream = await openai.chat.completions.create({
      model: "local/m",
      messages: hello,
      stream: true,
    });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? "") !== "") break;
    }
    stream.controller.abort();
    const row = await until("the call has ended", async () => {
      const { rows } = await stack.owner.query(
        "select status, usage_estimated, input_tokens, output_tokens, cost_pico from model_calls where tenant_id = $1 and ended_at is not null",
        [tenant.id],
      );
      return rows[0] as Record<string, unknown> | undefined;
    });
    expect(row).toMatchObject({ status: "abandoned", usage_estimated: true });
    expect(row["output_tokens"]).toBeGreaterThan(0);
    expect(row["cost_pico"]).toBeGreaterThan(0);
    // and the provider was told
    await until("the provider is let go", () => fake.open === 0);
    fake.release();
  });

  it("never lets fifty calls at once go over a cap", async () => {
    const { openai, tenant } = await newAgent();
    // 10 tokens read and at most 100 written cost 210 millionths of a dollar: room for four
    await stack.owner.query(
      `insert into budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
       values ($1, 'small', 'tenant', 'usd', 'cap', 'day', 900000000, 'stop', $1, $1)`,
      [tenant.id],
    );
    const ask = () =>
      openai.chat.completions.create({ model: "local/m", messages: hello, max_tokens: 100 }).then(
        () => "ok",
        (error: unknown) => (error as APIError).code,
      );
    const outcomes = await Promise.all(Array.from({ length: 50 }, ask));
    const told = Object.groupBy(outcomes, (outcome) => String(outcome));
    expect(Object.keys(told).toSorted()).toEqual(["budget_exhausted", "ok"]);
    const { rows } = await stack.owner.query(
      "select sum(cost_pico)::text as spent, count(*)::integer as calls from model_calls where tenant_id = $1",
      [tenant.id],
    );
    expect(rows[0].calls).toBe(told["ok"]?.length);
    expect(Number(rows[0].spent)).toBeLessThanOrEqual(900_000_000);
  });
});
