import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { askModel, CompatibleProviders, createModelRegistry } from "@nofx/control/model-router";
import { system } from "@nofx/control/seams";
import { settled, virtualClock, VirtualTime } from "@nofx/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const KEY = "sk-canary-7f3a9c";
const PROMPT = "prompt-canary-51";

interface Fake {
  url: string;
  asked: { path: string; auth: string | undefined; body: Record<string, unknown> }[];
  answer: (auth: string | undefined) => { status: number; body: unknown; hang?: boolean };
  close: () => Promise<void>;
}
let fake: Fake;
beforeAll(async () => {
  fake = await fakeProvider();
});
afterAll(() => fake.close());

const completion = (content: string, usage: unknown) => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "m1",
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  usage,
});
const question = {
  system: "You plan.",
  prompt: PROMPT,
  schema: { name: "plan", json: { type: "object", properties: {}, additionalProperties: true } },
  seed: 7,
  timeLimitMs: 5_000,
};

async function ask(overrides: Partial<typeof question> = {}) {
  const providers = CompatibleProviders.parse(
    JSON.stringify([
      { name: "local", baseUrl: `${fake.url}/v1`, apiKeyEnv: "NOFX_LLM_KEY_LOCAL", models: ["m1"] },
    ]),
  );
  const registry = createModelRegistry({ clock: system.clock, providers, readKey: () => KEY });
  const model = await registry.find("local/m1");
  if (model === undefined) throw new Error("no model");
  return askModel(system.clock, model, { ...question, ...overrides });
}

describe("a provider that speaks OpenAI's protocol", () => {
  test("is asked once with its key, and its tokens are told apart", async () => {
    fake.answer = () => ({
      status: 200,
      body: completion('{"items":[]}', {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 20 },
      }),
    });
    const before = fake.asked.length;
    expect(await ask()).toMatchObject({
      ok: true,
      text: '{"items":[]}',
      usage: { input: 70, cacheRead: 30, cacheWrite: 0, output: 30, reasoning: 20 },
    });
    expect(fake.asked.slice(before)).toMatchObject([
      {
        path: "/v1/chat/completions",
        auth: `Bearer ${KEY}`,
        body: { model: "m1", seed: 7, response_format: { type: "json_schema" } },
      },
    ]);
  });

  test("that answers no JSON has answered, and without figures used nobody knows what", async () => {
    fake.answer = () => ({ status: 200, body: completion("Sorry, no.", undefined) });
    expect(await ask()).toMatchObject({ ok: true, text: "Sorry, no.", usage: undefined });
  });

  test.each([
    [429, "rate_limited"],
    [503, "overloaded"],
    [401, "refused_by_provider"],
    [404, "refused_by_provider"],
  ])(
    "that answers %s is asked once, and what it repeats of the key is not told on",
    async (status, code) => {
      fake.answer = (auth) => ({
        status,
        body: { error: { message: `bad key ${auth} ${PROMPT}` } },
      });
      const before = fake.asked.length;
      const answer = await ask();
      expect(answer).toMatchObject({ ok: false, code });
      expect(JSON.stringify(answer)).not.toMatch(/canary/);
      expect(fake.asked.length - before).toBe(1);
    },
  );

  test("that breaks its form, hangs or is away is told apart", async () => {
    fake.answer = () => ({ status: 200, body: { hello: "world" } });
    expect(await ask()).toMatchObject({ ok: false, code: "no_answer" });
    fake.answer = () => ({ status: 200, body: {}, hang: true });
    expect(await ask({ timeLimitMs: 50 })).toMatchObject({ ok: false, code: "timed_out" });
    const registry = createModelRegistry({
      clock: system.clock,
      providers: CompatibleProviders.parse(
        '[{"name":"gone","baseUrl":"http://127.0.0.1:9","models":["m"]}]',
      ),
    });
    const gone = await registry.find("gone/m");
    if (gone === undefined) throw new Error("no model");
    expect(await askModel(system.clock, gone, question)).toMatchObject({
      ok: false,
      code: "unreachable",
    });
  });

  test("what is asked and answered is in no telemetry", async () => {
    const { registerTelemetry } = await import("ai");
    const heard: string[] = [];
    const listen = (event: unknown) =>
      void heard.push(z.string().catch("").parse(JSON.stringify(event)));
    const held = globalThis.AI_SDK_TELEMETRY_INTEGRATIONS;
    globalThis.AI_SDK_TELEMETRY_INTEGRATIONS = undefined;
    try {
      registerTelemetry({
        onStart: listen,
        onLanguageModelCallStart: listen,
        onLanguageModelCallEnd: listen,
        onEnd: listen,
      });
      fake.answer = () => ({ status: 200, body: completion('{"x":"answer-canary"}', undefined) });
      expect(await ask()).toMatchObject({ ok: true });
    } finally {
      globalThis.AI_SDK_TELEMETRY_INTEGRATIONS = held;
    }
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.join("\n")).not.toMatch(/canary/);
  });
});

describe("the registry", () => {
  test("simulates nothing but what is named so", async () => {
    const registry = createModelRegistry({ clock: system.clock });
    expect(registry.available()).toContain("simulated/careful");
    for (const id of ["openai/gpt-5", "simulated/gpt-5", "local/m1"]) {
      expect(await registry.find(id)).toBeUndefined();
    }
  });

  test("gives a key for the address that it was given with, and no other of that name", () => {
    const baseUrl = "https://models.example.com/v1";
    const providers = CompatibleProviders.parse(
      JSON.stringify([{ name: "a", baseUrl, models: ["m"], apiKeyEnv: "NOFX_LLM_KEY_A" }]),
    );
    const registry = createModelRegistry({ clock: system.clock, providers, readKey: () => KEY });
    expect(registry.keyOf("a", baseUrl)).toBe(KEY);
    expect(registry.keyOf("a", "https://elsewhere.example.com/v1")).toBeUndefined();
    expect(registry.keyOf("a", null)).toBeUndefined();
    expect(registry.keyOf("b", baseUrl)).toBeUndefined();
  });

  test("takes no other variable for a key, and no provider named simulated", () => {
    const parse = (rest: object) =>
      CompatibleProviders.safeParse(
        JSON.stringify([{ name: "a", baseUrl: "http://x", models: ["m"], ...rest }]),
      ).success;
    expect(parse({})).toBe(true);
    expect(parse({ apiKeyEnv: "NOFX_LLM_KEY_A" })).toBe(true);
    expect(parse({ apiKeyEnv: "DATABASE_URL" })).toBe(false);
    expect(parse({ name: "simulated" })).toBe(false);
    expect(parse({ baseUrl: "file:///etc/passwd" })).toBe(false);
    expect(CompatibleProviders.safeParse("nonsense").success).toBe(false);
  });

  test("the simulated provider takes its time by the clock it is given, and streams", async () => {
    const time = new VirtualTime();
    const clock = virtualClock(time);
    const model = await createModelRegistry({ clock }).find("simulated/careful");
    if (model === undefined) throw new Error("no model");
    let answered = false;
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "hello" }] }];
    const answer = Promise.resolve(model.doStream({ prompt })).finally(() => (answered = true));
    await settled();
    expect(answered).toBe(false);
    await time.advance(5_000);
    const parts: { type: string; delta?: string }[] = [];
    let whole = false;
    const reading = collect((await answer).stream, parts).finally(() => (whole = true));
    while (!whole) {
      await settled();
      await time.advance(10);
    }
    await reading;
    const types = parts.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(["stream-start", "text-start"]);
    expect(types.slice(-2)).toEqual(["text-end", "finish"]);
    expect(new Set(types.slice(2, -2))).toEqual(new Set(["text-delta"]));
    const text = parts.map(({ delta = "" }) => delta).join("");
    expect(text).toBe("This is a simulated answer of simulated/careful, made without any model.");
  });
});

async function collect<T>(stream: ReadableStream<T>, into: unknown[]): Promise<void> {
  for await (const part of stream) into.push(part);
}

async function fakeProvider(): Promise<Fake> {
  const held: Fake = {
    url: "",
    asked: [],
    answer: () => ({ status: 500, body: {} }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const auth = request.headers.authorization;
      held.asked.push({ path: request.url ?? "", auth, body });
      const answer = held.answer(auth);
      if (answer.hang === true) return;
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  held.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return held;
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Record<string, unknown>;
}
