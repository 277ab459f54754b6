import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chat, endpointFixture, post, type EndpointFixture } from "./fixtures.ts";

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

const ask = (body: object, signal?: AbortSignal) =>
  t.endpoint().handle(
    post("/chat/completions", body, {
      agentKey: t.agentKey,
      ...(signal !== undefined && { signal }),
    }),
  );
const stream = (model: string) => chat(model, { stream: true });

/** Reads until something was said, and leaves. */
async function readAndLeave(
  response: Response,
  gone: AbortController,
  onLeft = () => {},
): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  for (let text = ""; !text.includes('"Hello');) {
    const next = await reader?.read();
    if (next === undefined || next.done) throw new Error(`it ended: ${text}`);
    text += decoder.decode(next.value);
  }
  gone.abort();
  onLeft();
  await reader?.cancel();
}
const ended = (provider: string) =>
  until(
    "the call has ended",
    async () => (await t.calls(`provider = '${provider}' and ended_at is not null`))[0],
  );

it("a caller that leaves stops the model, and what had come is counted", async () => {
  const fake = await t.provider("left");
  fake.next({ do: "hold", afterChunks: 3 });
  const gone = new AbortController();
  await readAndLeave(await ask(stream("left/m"), gone.signal), gone);
  const row = await ended("left");
  expect(row).toMatchObject({ status: "abandoned", usage_estimated: true });
  expect(row.output_tokens).toBeGreaterThan(0);
  expect(row.cost_pico).toBeGreaterThan(0);
  await until("the provider is let go", () => fake.open === 0);
  fake.release();
});

it("or the model comes to its end for the exact bill, where the tenant wants that", async () => {
  await t.settings({ onDisconnect: "finish" });
  const fake = await t.provider("left-too");
  fake.next({ do: "hold", afterChunks: 3 });
  const gone = new AbortController();
  await readAndLeave(await ask(stream("left-too/m"), gone.signal), gone, fake.release);
  expect(await ended("left-too")).toMatchObject({
    status: "abandoned",
    usage_estimated: false,
    input_tokens: 10,
    output_tokens: 6,
    cost_pico: 22_000_000,
  });
  await t.settings({});
});

it("a stream that breaks off tells so in its own form, and what had come is counted", async () => {
  const fake = await t.provider("torn");
  fake.next({ do: "cut", afterChunks: 3 });
  const text = await (await ask(stream("torn/m"))).text();
  expect(text).toContain("Hello");
  expect(text).toContain('"code":"provider_cut_off"');
  expect(text).not.toContain("[DONE]");
  expect(await ended("torn")).toMatchObject({
    status: "failed",
    error_code: "cut_off",
    usage_estimated: true,
  });
  expect(t.errors).toEqual([]);
});

it("a caller that leaves before anything came is not asked for again elsewhere", async () => {
  const fake = await t.provider("waited");
  fake.next({ do: "hold", afterChunks: 0 });
  const gone = new AbortController();
  const answer = ask(chat("waited/m"), gone.signal);
  await until("the provider is asked", () => fake.open === 1);
  gone.abort();
  await answer;
  expect(await t.calls("provider = 'waited'")).toMatchObject([
    { attempt: 1, status: "abandoned", error_code: "cancelled" },
  ]);
  fake.release();
});
