import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import {
  createProviderNetwork,
  providerEmbeddingModel,
  providerModel,
} from "@nofx/control/model-router/providers";
import { chatAnswer, readChatRequest, usageOfModel } from "@nofx/control/model-router/wire";
import { system } from "@nofx/control/seams";
import { expect, test } from "vitest";

/** The simulated provider in no time. */
const clock = { ...system.clock, sleep: () => Promise.resolve() };
const network = createProviderNetwork({ allowed: new Set(), now: () => new Date() });
const deps = { clock, network };
const route = { provider: "simulated", kind: "simulated" as const, baseUrl: null, headers: {} };
const model = (name = "careful") => providerModel({ ...route, model: name }, null, deps);

const script = (text: unknown) => `<simulate>${JSON.stringify(text)}</simulate>`;
const chat = (content: string, rest: object = {}) =>
  readChatRequest({ model: "simulated/careful", messages: [{ role: "user", content }], ...rest });
const weather = {
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};

async function answer(call: ReturnType<typeof chat>) {
  const result = await (await model()).doGenerate(call.options);
  return chatAnswer(call, result, { id: "chatcmpl-1", createdAt: 1, model: "simulated/careful" });
}

async function collect(call: ReturnType<typeof chat>): Promise<LanguageModelV4StreamPart[]> {
  const { stream } = await (await model()).doStream(call.options);
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

test("answers in OpenAI's form, says what it is, and costs tokens", async () => {
  const { choices, usage } = await answer(chat("Hello?"));
  expect(choices[0]?.message.content).toContain("simulated/careful");
  expect(usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 18 });
});

test("plays a conversation with a tool from its script, whole and in a stream alike", async () => {
  const turns = [
    { toolCalls: [{ name: "weather", input: { city: "Riga" } }] },
    { reasoning: "It said 11.", text: "It is cold.", usage: { cacheRead: 40 } },
  ];
  const asked = { role: "user", content: `The weather? ${script({ turns })}` };
  const first = await answer(chat(asked.content, { tools: [weather] }));
  const message = first.choices[0]?.message;
  expect(first.choices[0]?.finish_reason).toBe("tool_calls");
  const id = message?.tool_calls?.[0]?.id;
  const messages = [asked, message, { role: "tool", tool_call_id: id, content: "11" }];
  const call = readChatRequest({ model: "simulated/careful", messages, tools: [weather] });
  const second = await answer(call);
  expect(second.choices[0]?.message).toMatchObject({
    content: "It is cold.",
    reasoning_content: "It said 11.",
  });
  expect(second.usage?.prompt_tokens_details.cached_tokens).toBe(40);
  const parts = await collect(call);
  const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
  expect(text).toBe("It is cold.");
  const end = parts.at(-1);
  expect(end?.type === "finish" && usageOfModel(end.usage)?.cacheRead).toBe(40);
});

test("fails as it is told, as a real provider would", async () => {
  const limited = chat(`Hi ${script({ status: 429, retryAfterSeconds: 3 })}`);
  await expect(answer(limited)).rejects.toMatchObject({
    code: "rate_limited",
    retryAfterMs: 3_000,
  });
  await expect(answer(chat(`Hi ${script({ status: 503 })}`))).rejects.toMatchObject({
    code: "overloaded",
  });
  await expect(answer(chat("<simulate>nonsense</simulate>"))).rejects.toMatchObject({
    code: "refused_by_provider",
  });
  const broken = chat(`Hi ${script({ text: "a".repeat(100), breakAfter: 20 })}`);
  await expect(collect(broken)).rejects.toMatchObject({ code: "cut_off" });
  await expect(model("gpt-5")).rejects.toMatchObject({ code: "model_missing" });
});

test("makes embeddings", async () => {
  const embedder = await providerEmbeddingModel({ ...route, model: "embedder" }, null, deps);
  const { embeddings, usage } = await embedder.doEmbed({ values: ["a", "b c"], dimensions: 12 });
  expect(embeddings.map(({ length }) => length)).toEqual([12, 12]);
  expect(usage).toEqual({ tokens: 2 });
});
