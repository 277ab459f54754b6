import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import {
  ChatCompletion,
  ChatCompletionChunk,
  OpenAiErrorBody,
  ResponseObject,
} from "@nofx/core/api/openai";
import {
  createProviderNetwork,
  providerModel,
  type ProviderNetwork,
} from "@nofx/control/model-router/providers";
import { system } from "@nofx/control/seams";
import { startFakeProvider, type FakeProvider } from "@nofx/control/testing/fake-providers";
import { generateText, jsonSchema, Output, streamText, tool, type ToolSet } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointOf, eventsIn, modelOf } from "./wire-harness.ts";

const KEY = "sk-0123456789";
const USAGE = { input: 70, cacheRead: 30, cacheWrite: 0, output: 25, reasoning: 12 };
const KINDS = ["openai", "openai_compatible", "anthropic", "google", "mistral"] as const;
const weather = tool({
  description: "Tells the weather",
  inputSchema: jsonSchema<{ city: string }>({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  }),
});

describe.each(KINDS)("OpenAI's clients, answered by %s", (kind) => {
  let fake: FakeProvider;
  let network: ProviderNetwork;
  const behind = (api: "chat" | "responses") =>
    providerModel({ provider: "p", model: "m-1", kind, baseUrl: fake.baseUrl, headers: {} }, KEY, {
      clock: system.clock,
      network,
      api,
    });
  beforeAll(async () => {
    fake = await startFakeProvider({ kind, key: KEY });
    network = createProviderNetwork({ allowed: new Set([fake.host]), now: () => new Date() });
  });
  afterAll(async () => {
    await network.close();
    await fake.close();
  });

  async function clients(): Promise<
    { name: string; model: LanguageModelV4; texts: string[]; thinks: boolean }[]
  > {
    const [chat, responses] = [
      endpointOf(await behind("chat")),
      endpointOf(await behind("responses")),
    ];
    const settings = { apiKey: "nofx", baseURL: "http://x/v1" };
    return [
      {
        name: "chat",
        model: createOpenAI({ ...settings, fetch: chat.fetch }).chat("p/m-1"),
        texts: chat.texts,
        thinks: false,
      },
      {
        name: "responses",
        model: createOpenAI({ ...settings, fetch: responses.fetch }).responses("p/m-1"),
        texts: responses.texts,
        thinks: true,
      },
      {
        name: "compatible",
        model: createOpenAICompatible({
          ...settings,
          name: "nofx",
          includeUsage: true,
          supportsStructuredOutputs: true,
          fetch: chat.fetch,
        }).chatModel("p/m-1"),
        texts: chat.texts,
        thinks: kind !== "openai",
      },
    ];
  }

  test("text, reasoning and usage, whole and in a stream", async () => {
    fake.always({
      do: "answer",
      answer: { text: "It is fine.", reasoning: "Let me see.", usage: USAGE },
    });
    for (const { name, model, texts, thinks } of await clients()) {
      const whole = await generateText({ model, prompt: "Hello?", maxRetries: 0 });
      const { textStream, usage, reasoningText, finishReason } = streamText({
        model,
        prompt: "Hello?",
        maxRetries: 0,
      });
      let streamed = "";
      for await (const text of textStream) streamed += text;
      for (const [text, used, reason, thought] of [
        [whole.text, whole.usage, whole.finishReason, whole.reasoningText],
        [streamed, await usage, await finishReason, await reasoningText],
      ] as const) {
        expect([name, text, reason]).toEqual([name, "It is fine.", "stop"]);
        expect(used).toMatchObject({
          inputTokens: 100,
          inputTokenDetails: { cacheReadTokens: 30 },
          outputTokens: 37,
          outputTokenDetails: { reasoningTokens: 12 },
        });
        expect(thought).toBe(thinks ? "Let me see." : undefined);
      }
      for (const text of texts) expectForm(text);
    }
  });

  test("tools: a call, its result, and what is said of it", async () => {
    const call = { name: "weather", input: { city: "Rīga" } };
    for (const { name, model } of await clients()) {
      const messages = [{ role: "user" as const, content: "The weather?" }];
      const tools: ToolSet = { weather } as unknown as ToolSet;
      const settings = { model, tools, maxRetries: 0 };
      fake.always({ do: "answer", answer: { toolCalls: [call] } });
      const first = await generateText({ ...settings, messages, toolChoice: "required" });
      expect([name, first.finishReason]).toEqual([name, "tool-calls"]);
      const again = streamText({ ...settings, messages, onError: () => {} });
      const [told] = await again.toolCalls;
      expect(told).toMatchObject({ toolName: "weather", input: { city: "Rīga" } });
      const id = first.toolCalls[0]?.toolCallId ?? "";
      const output = { type: "text" as const, value: "11 degrees" };
      const result = { type: "tool-result" as const, toolCallId: id, toolName: "weather", output };
      fake.always({ do: "answer", answer: { text: "It is cold." } });
      const second = await generateText({
        ...settings,
        messages: [...messages, ...first.response.messages, { role: "tool", content: [result] }],
      });
      expect(second.text).toBe("It is cold.");
      const shown = JSON.stringify(fake.requests.at(-1)?.body);
      expect(shown).toContain("11 degrees");
      expect(shown).toContain("Rīga");
      // what Google's models seal a call with comes back with it, where the client keeps what it does not know
      expect(shown.includes("c2lnbmVk")).toBe(kind === "google" && name === "compatible");
    }
  });

  test("JSON by a schema, images, settings", async () => {
    fake.always({ do: "answer", answer: { text: '{"city":"Rīga"}' } });
    const image = Buffer.from("iVBORw0KGgo=", "base64");
    for (const { model } of await clients()) {
      const { output } = await generateText({
        model,
        maxRetries: 0,
        temperature: 0.5,
        maxOutputTokens: 300,
        output: Output.object({ schema: weather.inputSchema }),
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Where is it?" },
              { type: "file", data: image, mediaType: "image/png" },
            ],
          },
        ],
      });
      expect(output).toEqual({ city: "Rīga" });
      const asked = JSON.stringify(fake.requests.at(-1)?.body);
      expect(asked).toContain("iVBORw0KGgo=");
      expect(asked).toContain("300");
      expect(asked).toContain("0.5");
      expect(asked).toContain('"city"');
    }
  });

  test("a stream that breaks off ends with an error that clients see", async () => {
    fake.always({ do: "cut", afterChunks: 4 });
    for (const { name, model, texts } of await clients()) {
      const errors: unknown[] = [];
      const result = streamText({
        model,
        prompt: "Hello?",
        maxRetries: 0,
        onError: ({ error }) => void errors.push(error),
      });
      await result.consumeStream();
      expect([name, errors.length > 0]).toEqual([name, true]);
      expect(texts.at(-1)).toContain("provider_cut_off");
    }
  });
});

test("events of a response come in OpenAI's order, numbered without a gap", async () => {
  const usage = {
    inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 4, text: 4, reasoning: 0 },
  };
  const { fetch, texts } = endpointOf(
    modelOf([
      { type: "stream-start", warnings: [] },
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "Hm." },
      { type: "reasoning-end", id: "r", providerMetadata: { anthropic: { signature: "s1" } } },
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", delta: "Hi" },
      { type: "text-end", id: "t" },
      { type: "tool-input-start", id: "c1", toolName: "weather" },
      { type: "tool-input-start", id: "c2", toolName: "weather" },
      { type: "tool-input-delta", id: "c1", delta: "{}" },
      { type: "tool-call", toolCallId: "c1", toolName: "weather", input: "{}" },
      { type: "tool-call", toolCallId: "c2", toolName: "weather", input: '{"a":1}' },
      { type: "finish", finishReason: { unified: "tool-calls", raw: "x" }, usage },
    ]),
  );
  const include = ["reasoning.encrypted_content"];
  const body = JSON.stringify({ model: "m", input: "Hello?", stream: true, include });
  await fetch("http://x/v1/responses", { method: "POST", body });
  const events = eventsIn(texts[0] ?? "");
  expect(events.map(({ type }) => String(type).replace("response.", ""))).toEqual([
    "created",
    "in_progress",
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "output_item.added",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "completed",
  ]);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i));
  const { output } = ResponseObject.parse(events.at(-1)?.response);
  expect(output.map(({ type }) => type)).toEqual([
    "reasoning",
    "message",
    "function_call",
    "function_call",
  ]);
  expect(new Set(output.map(({ id }) => id)).size).toBe(4);

  // what was sealed opens again when it is sent back
  const { fetch: again, calls } = endpointOf(modelOf([]));
  const results = [{ type: "function_call_output", call_id: "c1", output: "ok" }];
  const input = [{ role: "user", content: "Hello?" }, ...output, ...results];
  await again("http://x/v1/responses", {
    method: "POST",
    body: JSON.stringify({ model: "m", input, stream: true }),
  });
  expect(calls[0]?.options.prompt[1]?.content[0]).toMatchObject({
    type: "reasoning",
    text: "Hm.",
    providerOptions: { anthropic: { signature: "s1" } },
  });
});

/** Whatever goes out has the form that we say it has. */
function expectForm(text: string): void {
  if (text.startsWith("{")) {
    const json = JSON.parse(text) as { object: string };
    (json.object === "response" ? ResponseObject : ChatCompletion).parse(json);
    return;
  }
  for (const event of eventsIn(text)) {
    if ("error" in event) OpenAiErrorBody.parse(event);
    else if ("response" in event) ResponseObject.parse(event.response);
    else if (!("type" in event)) ChatCompletionChunk.parse(event);
  }
}
