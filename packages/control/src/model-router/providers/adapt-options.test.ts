import type { LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider";
import { expect, test } from "vitest";
import { adaptOptions } from "./adapt-options.ts";

const user: LanguageModelV4Message = { role: "user", content: [{ type: "text", text: "Hi" }] };
const system: LanguageModelV4Message = { role: "system", content: "Be brief." };
const call = { type: "tool-call" as const, toolCallId: "c", toolName: "f", input: {} };
const thought = (providerOptions: object = {}) => ({
  type: "reasoning" as const,
  text: "Hm.",
  providerOptions: { anthropic: providerOptions as Record<string, string> },
});
const output = { type: "text" as const, value: "1" };
const result: LanguageModelV4Message = {
  role: "tool",
  content: [{ type: "tool-result", toolCallId: "c", toolName: "f", output }],
};
const roles = ({ prompt }: LanguageModelV4CallOptions) => prompt.map(({ role }) => role);

test("instructions come first for those who want it", () => {
  const options = { prompt: [user, system, user] };
  expect(roles(adaptOptions("anthropic", options))).toEqual(["system", "user", "user"]);
  expect(roles(adaptOptions("google", options))).toEqual(["system", "user", "user"]);
  expect(roles(adaptOptions("openai", options))).toEqual(["user", "system", "user"]);
});

test("JSON of any form is asked of Anthropic in words", () => {
  const asked = (responseFormat: LanguageModelV4CallOptions["responseFormat"]) =>
    adaptOptions("anthropic", { prompt: [user], ...(responseFormat && { responseFormat }) });
  expect(asked({ type: "json" }).prompt[0]?.content).toContain("JSON");
  expect(asked({ type: "json", schema: {} }).prompt).toHaveLength(1);
  expect(asked(undefined).prompt).toHaveLength(1);
});

test("after a call of a tool whose thoughts are lost, Anthropic is not asked to think", () => {
  const reasoningOf = (...content: ({ type: "reasoning" } | { type: "tool-call" })[]) => {
    const assistant = { role: "assistant", content } as LanguageModelV4Message;
    const prompt = [user, assistant, result];
    return adaptOptions("anthropic", { prompt, reasoning: "high" }).reasoning;
  };
  expect(reasoningOf(call)).toBe("none");
  expect(reasoningOf(thought(), call)).toBe("none");
  expect(reasoningOf(thought({ signature: "s" }), call)).toBe("high");
  const later = [user, { role: "assistant" as const, content: [call] }, result, user];
  expect(adaptOptions("anthropic", { prompt: later, reasoning: "high" }).reasoning).toBe("high");
  const google = { prompt: later.slice(0, 3), reasoning: "high" as const };
  expect(adaptOptions("google", google).reasoning).toBe("high");
});
