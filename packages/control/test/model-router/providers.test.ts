import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import {
  createProviderNetwork,
  ProviderFailure,
  providerEmbeddingModel,
  providerModel,
  type ProviderNetwork,
} from "@nofx/control/model-router/providers";
import { usageOfModel } from "@nofx/control/model-router/wire";
import { system } from "@nofx/control/seams";
import {
  formsOf,
  startFakeProvider,
  type FakeBehaviour,
  type FakeProvider,
} from "@nofx/control/testing/fake-providers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const KEY = "sk-canary+/7f3a9c%40zZ";
const USAGE = { input: 70, cacheRead: 30, cacheWrite: 0, output: 25, reasoning: 12 };
const WIRES = [
  { kind: "openai", api: "chat" },
  { kind: "openai", api: "responses" },
  { kind: "openai_compatible", api: "chat" },
  { kind: "anthropic", api: "chat" },
  { kind: "google", api: "chat" },
  { kind: "mistral", api: "chat" },
] as const;

const ASK = {
  prompt: [
    { role: "system" as const, content: "Be brief." },
    { role: "user" as const, content: [{ type: "text" as const, text: "Hello?" }] },
  ],
};
const TOOL = {
  type: "function" as const,
  name: "weather",
  inputSchema: { type: "object" as const, properties: { city: { type: "string" as const } } },
};

async function collect(model: LanguageModelV4, options = {}): Promise<LanguageModelV4StreamPart[]> {
  const { stream } = await model.doStream({ ...ASK, ...options });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
const textOf = (parts: LanguageModelV4StreamPart[], type: "text-delta" | "reasoning-delta") =>
  parts.flatMap((part) => (part.type === type ? [part.delta] : [])).join("");

async function failure(work: PromiseLike<unknown>): Promise<ProviderFailure> {
  const error = await Promise.resolve(work).then(
    () => new Error("it went well"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderFailure);
  return error as ProviderFailure;
}

describe.each(WIRES)("$kind ($api)", ({ kind, api }) => {
  let fake: FakeProvider;
  let network: ProviderNetwork;
  let model: LanguageModelV4;
  beforeAll(async () => {
    fake = await startFakeProvider({ kind, key: KEY });
    const allowed = new Set([fake.host]);
    network = createProviderNetwork({ allowed, now: () => new Date("2026-01-01") });
    const route = {
      provider: "p",
      model: "m-1",
      kind,
      baseUrl: fake.baseUrl,
      headers: { "x-team": "7" },
    };
    model = await providerModel(route, KEY, { clock: system.clock, network, api });
  });
  afterAll(async () => {
    await network.close();
    await fake.close();
  });
  const answers = (answer: Extract<FakeBehaviour, { do: "answer" }>["answer"]) =>
    fake.next({ do: "answer", ...(answer !== undefined && { answer }) });

  test("answers whole and in a stream, the same", async () => {
    const answer = { text: "It is fine.", reasoning: "Let me see.", usage: USAGE };
    answers(answer);
    const whole = await model.doGenerate(ASK);
    const thinks = api === "responses" || kind !== "openai";
    expect(whole.content).toMatchObject([
      ...(thinks ? [{ type: "reasoning", text: "Let me see." }] : []),
      { type: "text", text: "It is fine." },
    ]);
    expect(whole.finishReason.unified).toBe("stop");
    expect(usageOfModel(whole.usage)).toEqual(USAGE);
    expect(fake.requests.at(-1)?.headers).toMatchObject({ "x-team": "7", "user-agent": "nofx" });

    answers(answer);
    const parts = await collect(model);
    expect(textOf(parts, "text-delta")).toBe("It is fine.");
    expect(textOf(parts, "reasoning-delta")).toBe(thinks ? "Let me see." : "");
    const end = parts.at(-1);
    expect(end).toMatchObject({ type: "finish", finishReason: { unified: "stop" } });
    expect(end?.type === "finish" && usageOfModel(end.usage)).toEqual(USAGE);
  });

  test("calls tools, whole and in a stream", async () => {
    const calls = { toolCalls: [{ name: "weather", input: { city: "Rīga" } }] };
    answers(calls);
    const options = { ...ASK, tools: [TOOL] };
    const { content, finishReason } = await model.doGenerate(options);
    const call = content.find((part) => part.type === "tool-call");
    expect(call).toMatchObject({ toolName: "weather" });
    expect(JSON.parse(call?.input ?? "")).toEqual({ city: "Rīga" });
    expect(finishReason.unified).toBe("tool-calls");
    answers(calls);
    const parts = await collect(model, options);
    const told = parts.find((part) => part.type === "tool-call");
    expect(JSON.parse(told?.input ?? "")).toEqual({ city: "Rīga" });
  });

  test("fails by a code, in our words alone", async () => {
    const cases: [FakeBehaviour, Partial<ProviderFailure>][] = [
      [
        { do: "error", status: 429, headers: { "retry-after": "7" } },
        { code: "rate_limited", retryAfterMs: 7_000, status: 429 },
      ],
      [
        { do: "error", status: 500 },
        { code: "overloaded", status: 500, mayBeBilled: false },
      ],
      [{ do: "error", status: 503, headers: { "retry-after": "2" } }, { retryAfterMs: 2_000 }],
      [
        { do: "error", status: 400, says: "Bad\nvalue {key} and sk-other-0123456789" },
        { code: "refused_by_provider", reason: "Bad value [redacted] and [redacted]" },
      ],
      [
        { do: "error", status: 401, says: "Incorrect API key: {key}" },
        { code: "unauthorized", reason: undefined },
      ],
      [{ do: "error", status: 404, says: "no model" }, { code: "model_missing" }],
      [
        { do: "error", status: 400, says: "maximum context length is 8192 tokens" },
        { code: "context_too_long" },
      ],
      [{ do: "error", status: 429, says: "insufficient_quota" }, { code: "quota_exhausted" }],
      [{ do: "redirect", location: "http://169.254.169.254/" }, { code: "refused_by_provider" }],
      [{ do: "html" }, { code: "no_answer", mayBeBilled: true }],
      [{ do: "malformed", afterChunks: 1 }, { code: "no_answer" }],
      [
        { do: "cut", afterChunks: 0 },
        { code: "cut_off", mayBeBilled: true },
      ],
    ];
    for (const [behaviour, expected] of cases) {
      fake.next(behaviour);
      const failed = await failure(model.doGenerate(ASK));
      expect({ behaviour, failed }).toMatchObject({ behaviour, failed: expected });
      expectNoKey(failed);
    }
    expect(fake.requests.every(({ path }) => !path.includes("169"))).toBe(true);
  });

  test("a stream that breaks off, ends early, fails or is no JSON throws", async () => {
    const cases: [FakeBehaviour, string][] = [
      [{ do: "cut", afterChunks: 3 }, "cut_off"],
      [{ do: "end_early", afterChunks: 3 }, "cut_off"],
      [{ do: "malformed", afterChunks: 3 }, "no_answer"],
      [{ do: "fail_in_stream", afterChunks: 3, says: "overloaded {key}" }, "overloaded"],
      [{ do: "error", status: 503 }, "overloaded"],
    ];
    for (const [behaviour, code] of cases) {
      fake.next(behaviour);
      const failed = await failure(collect(model));
      expect([behaviour, failed.code]).toEqual([behaviour, code]);
      expectNoKey(failed);
    }
  });

  test("is given up when its caller goes, and the provider notices", async () => {
    fake.next({ do: "hold", afterChunks: 2 });
    const caller = new AbortController();
    const { stream } = await model.doStream({ ...ASK, abortSignal: caller.signal });
    const reader = stream.getReader();
    await reader.read();
    caller.abort();
    const failed = await failure(drain(reader));
    expect(failed.code).toBe("cancelled");
    await expect.poll(() => fake.open).toBe(0);
    const late = new AbortController();
    late.abort(new DOMException("late", "TimeoutError"));
    const timedOut = await failure(model.doGenerate({ ...ASK, abortSignal: late.signal }));
    expect(timedOut.code).toBe("timed_out");
  });

  test("what echoes the key says nothing of it", async () => {
    fake.always({ do: "echo" });
    const whole = await model.doGenerate(ASK);
    expect(whole.content).toMatchObject([{ text: expect.stringContaining("[redacted]") }]);
    expectNoKey(whole);
    const parts = await collect(model);
    expect(textOf(parts, "text-delta")).toContain("[redacted]");
    expectNoKey(parts);
    fake.always({ do: "answer" });
  });
});

test("embeddings of each provider that makes them, in as many requests as it wants", async () => {
  for (const kind of ["openai", "openai_compatible", "google", "mistral"] as const) {
    const fake = await startFakeProvider({ kind, key: KEY });
    const network = createProviderNetwork({ allowed: new Set([fake.host]), now: () => new Date() });
    const route = { provider: "p", model: "e-1", kind, baseUrl: fake.baseUrl, headers: {} };
    const model = await providerEmbeddingModel(route, KEY, { clock: system.clock, network });
    const values = Array.from({ length: 101 }, (_, i) => `text ${i}`);
    const { embeddings, usage } = await model.doEmbed({ values });
    expect(embeddings).toHaveLength(101);
    expect(usage?.tokens).toBe(kind === "google" ? undefined : 303);
    fake.next({ do: "error", status: 429, says: "{key}" });
    expect((await failure(model.doEmbed({ values: ["a"] }))).code).toBe("rate_limited");
    await network.close();
    await fake.close();
  }
});

async function drain(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  while (!(await reader.read()).done);
}

/** In no form, on the surface or behind it. */
function expectNoKey(value: unknown): void {
  const seen = JSON.stringify([
    value,
    value instanceof Error ? [value.message, value.stack, value.cause] : null,
  ]);
  for (const form of formsOf(KEY)) expect(seen).not.toContain(form);
}
