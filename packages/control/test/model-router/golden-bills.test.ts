import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import { createProviderNetwork, providerModel } from "@nofx/control/model-router/providers";
import { usageOfModel } from "@nofx/control/model-router/wire";
import { system } from "@nofx/control/seams";
import { startFakeProvider } from "@nofx/control/testing/fake-providers";
import { costOf, picoOfUsd, usdOfPico } from "@nofx/core/model-router";
import { expect, test } from "vitest";
import { BILLS, type Bill } from "./recorded-usages.ts";

test.each(BILLS)("$what", async ({ kind, api, usage, first, price, tokens, usd }) => {
  const fake = await startFakeProvider({ kind });
  const network = createProviderNetwork({ allowed: new Set([fake.host]), now: () => new Date() });
  const route = { provider: "p", model: "m", kind, baseUrl: fake.baseUrl, headers: {} };
  const deps = { clock: system.clock, network, api: api ?? ("chat" as const) };
  const model = await providerModel(route, "sk-0123456789", deps);
  const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }];

  fake.next({ do: "replay", body: wholeBody(kind, api, usage) });
  const whole = await model.doGenerate({ prompt });
  fake.next({ do: "replay", body: streamOf(kind, api, usage, first) });
  const { stream } = await model.doStream({ prompt });
  let streamed: LanguageModelV4Usage | undefined;
  for await (const part of stream) if (part.type === "finish") streamed = part.usage;

  const [input, cacheRead, cacheWrite, output, reasoning] = tokens;
  const expected = { input, cacheRead, cacheWrite, output, reasoning };
  expect(usageOfModel(whole.usage)).toEqual(expected);
  expect(streamed && usageOfModel(streamed)).toEqual(expected);
  const [ofInput, ofOutput, ofRead, ofWrite] = price.map(
    (one) => picoOfUsd(one ?? "0") / 1_000_000n,
  );
  const cost = costOf(expected, {
    input: ofInput ?? 0n,
    output: ofOutput ?? 0n,
    cacheRead: ofRead ?? null,
    cacheWrite: ofWrite ?? null,
    reasoning: null,
  });
  expect(usdOfPico(cost)).toBe(usd);
  await network.close();
  await fake.close();
});

/** The least of an answer around a usage. */
function wholeBody(kind: Bill["kind"], api: Bill["api"], usage: object): object {
  const base = { id: "x", object: "chat.completion", created: 1, model: "m" };
  const content = [{ type: "text", text: "Hi", annotations: [] }];
  switch (kind) {
    case "anthropic":
      return {
        ...base,
        type: "message",
        role: "assistant",
        content,
        stop_reason: "end_turn",
        usage,
      };
    case "google":
      return {
        candidates: [{ content: { parts: [{ text: "Hi" }], role: "model" }, finishReason: "STOP" }],
        usageMetadata: usage,
      };
    default: {
      const message = { role: "assistant", content: "Hi" };
      if (api === undefined)
        return { ...base, choices: [{ index: 0, message, finish_reason: "stop" }], usage };
      const item = {
        id: "m1",
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "Hi", annotations: [] }],
      };
      return { ...base, object: "response", created_at: 1, output: [item], usage };
    }
  }
}

function streamOf(kind: Bill["kind"], api: Bill["api"], usage: object, first = usage): object[] {
  const whole = wholeBody(kind, api, usage) as Record<string, unknown>;
  switch (kind) {
    case "anthropic":
      return [
        {
          type: "message_start",
          message: { ...whole, content: [], stop_reason: null, usage: first },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
        { type: "message_stop" },
      ];
    case "google": {
      const part = { content: { parts: [{ text: "Hi" }], role: "model" }, index: 0 };
      const last = {
        content: { parts: [{ text: "" }], role: "model" },
        finishReason: "STOP",
        index: 0,
      };
      return [
        { candidates: [part], usageMetadata: first },
        { candidates: [last], usageMetadata: usage },
      ];
    }
    default: {
      if (api !== undefined) {
        const item = { id: "m1", type: "message" };
        return [
          { type: "response.created", response: { ...whole, usage: null } },
          { type: "response.output_item.added", output_index: 0, item },
          { type: "response.output_text.delta", item_id: "m1", delta: "Hi" },
          { type: "response.output_item.done", output_index: 0, item },
          { type: "response.completed", response: whole },
        ];
      }
      const chunk = (choices: object[], rest: object = {}) => ({
        id: "x",
        created: 1,
        model: "m",
        choices,
        ...rest,
      });
      return [
        chunk([{ index: 0, delta: { role: "assistant", content: "Hi" }, finish_reason: null }]),
        ...(kind === "mistral"
          ? [chunk([{ index: 0, delta: { content: "" }, finish_reason: "stop" }], { usage })]
          : [chunk([{ index: 0, delta: {}, finish_reason: "stop" }]), chunk([], { usage })]),
      ];
    }
  }
}

test("what a provider does not tell is not known, and not nothing", async () => {
  const fake = await startFakeProvider({ kind: "openai_compatible" });
  const network = createProviderNetwork({ allowed: new Set([fake.host]), now: () => new Date() });
  const route = {
    provider: "p",
    model: "m",
    kind: "openai_compatible" as const,
    baseUrl: fake.baseUrl,
    headers: {},
  };
  const model = await providerModel(route, null, { clock: system.clock, network });
  const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }];
  for (const usage of [
    undefined,
    null,
    {},
    { prompt_tokens: 3 },
    { prompt_tokens: 3, completion_tokens: null },
    // could not be stored, and then the whole call would not be counted
    { prompt_tokens: 3, completion_tokens: 3_000_000_000 },
  ]) {
    fake.next({ do: "replay", body: wholeBody("openai_compatible", undefined, usage as object) });
    expect(usageOfModel((await model.doGenerate({ prompt })).usage)).toBeUndefined();
  }
  await network.close();
  await fake.close();
});
