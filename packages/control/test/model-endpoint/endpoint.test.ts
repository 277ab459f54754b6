import { afterAll, beforeAll, expect, it } from "vitest";
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
  expect(response.status, JSON.stringify(body)).toBe(200);
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
