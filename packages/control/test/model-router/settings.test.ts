import { createProviderNetwork, providerModel } from "@nofx/control/model-router/providers";
import { readChatRequest, readResponseRequest } from "@nofx/control/model-router/wire";
import { system } from "@nofx/control/seams";
import { startFakeProvider } from "@nofx/control/testing/fake-providers";
import { expect, test } from "vitest";

const KEY = "sk-0123456789";
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const REQUEST = {
  model: "p/m",
  messages: [{ role: "user", content: "Hi" }],
  max_completion_tokens: 77,
  temperature: 0.5,
  top_p: 0.9,
  seed: 11,
  stop: ["END", "STOP"],
  frequency_penalty: 0.25,
  presence_penalty: 0.75,
  parallel_tool_calls: false,
  tools: [{ type: "function", function: { name: "f", description: "F", parameters: schema } }],
  tool_choice: { type: "function", function: { name: "f" } },
  response_format: { type: "json_schema", json_schema: { name: "r", schema } },
  logit_bias: { "50256": -100 },
  user: "u-1",
};
const chatBody = {
  temperature: 0.5,
  top_p: 0.9,
  frequency_penalty: 0.25,
  presence_penalty: 0.75,
  parallel_tool_calls: false,
  stop: ["END", "STOP"],
  tools: [{ type: "function", function: { name: "f", description: "F" } }],
  response_format: { type: "json_schema", json_schema: { name: "r" } },
};

/** Where what a model can do decides how it is asked. */
const MODELS: Partial<Record<string, string>> = { anthropic: "claude-sonnet-4-5" };

/** What each provider is sent of the same request. */
const SENT = {
  openai: {
    ...chatBody,
    max_tokens: 77,
    seed: 11,
    user: "u-1",
    store: false,
    logit_bias: { "50256": -100 },
    tool_choice: { type: "function", function: { name: "f" } },
  },
  openai_compatible: {
    ...chatBody,
    max_tokens: 77,
    seed: 11,
    user: "u-1",
    logit_bias: { "50256": -100 },
    tool_choice: { type: "function", function: { name: "f" } },
  },
  mistral: {
    ...chatBody,
    max_tokens: 77,
    random_seed: 11,
    tool_choice: { function: { name: "f" } },
  },
  anthropic: {
    max_tokens: 77,
    temperature: 0.5,
    stop_sequences: ["END", "STOP"],
    tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
    metadata: { user_id: "u-1" },
  },
  google: {
    generationConfig: {
      maxOutputTokens: 77,
      temperature: 0.5,
      topP: 0.9,
      seed: 11,
      stopSequences: ["END", "STOP"],
      responseMimeType: "application/json",
    },
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
  },
} as const;

test.each(Object.keys(SENT) as (keyof typeof SENT)[])(
  "%s is sent what was asked for",
  async (kind) => {
    const body = await sentBy(kind, "chat");
    expect(body).toMatchObject(SENT[kind]);
    expect(JSON.stringify(body)).not.toMatch(/parallelToolCalls|strictJsonSchema|openaiCompatible/);
  },
);

test("OpenAI's responses are sent what was asked for, and keep nothing", async () => {
  expect(await sentBy("openai", "responses")).toMatchObject({
    max_output_tokens: 77,
    store: false,
    parallel_tool_calls: false,
    tool_choice: { type: "function", name: "f" },
    text: { format: { type: "json_schema", name: "r", strict: true } },
    user: "u-1",
  });
});

async function sentBy(kind: keyof typeof SENT, api: "chat" | "responses") {
  const fake = await startFakeProvider({ kind, key: KEY });
  const network = createProviderNetwork({ allowed: new Set([fake.host]), now: () => new Date() });
  // named like another kind: its options are not taken for that kind's
  const route = {
    provider: "openai",
    model: MODELS[kind] ?? "m-1",
    kind,
    baseUrl: fake.baseUrl,
    headers: {},
  };
  const model = await providerModel(route, KEY, { clock: system.clock, network, api });
  const call = api === "chat" ? readChatRequest(REQUEST) : readResponseRequest(AS_RESPONSE);
  await model.doGenerate(call.options);
  await network.close();
  await fake.close();
  return fake.requests[0]?.body;
}

const AS_RESPONSE = {
  model: "p/m",
  input: "Hi",
  max_output_tokens: 77,
  parallel_tool_calls: false,
  tools: [{ type: "function", name: "f", parameters: schema }],
  tool_choice: { type: "function", name: "f" },
  text: { format: { type: "json_schema", name: "r", schema, strict: true } },
  user: "u-1",
};
