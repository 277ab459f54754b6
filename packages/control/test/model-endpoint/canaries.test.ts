import { randomBytes } from "node:crypto";
import { OpenTelemetry } from "@ai-sdk/otel";
import { loggable } from "@nofx/control/command";
import { formsOf, type FakeBehaviour } from "@nofx/control/testing/fake-providers";
import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { registerTelemetry } from "ai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chat, endpointFixture, post, type EndpointFixture } from "./fixtures.ts";

// A hundred calls (fewer by default) with every kind of failure: afterwards no form of a key is anywhere, and what was said is in no span.

const exporter = new InMemorySpanExporter();
const integrations = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown[] };
let before: unknown[] | undefined;
let t: EndpointFixture;
beforeAll(async () => {
  before = integrations.AI_SDK_TELEMETRY_INTEGRATIONS;
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  registerTelemetry(new OpenTelemetry());
  t = await endpointFixture();
});
afterAll(async () => {
  if (before === undefined) delete integrations.AI_SDK_TELEMETRY_INTEGRATIONS;
  else integrations.AI_SDK_TELEMETRY_INTEGRATIONS = before;
  trace.disable();
  await t[Symbol.asyncDispose]();
});

/** To each of five providers. */
const CALLS = process.env["PROVE"] === "1" ? 20 : 6;

const BEHAVIOURS: FakeBehaviour[] = [
  { do: "answer" },
  { do: "echo" },
  { do: "error", status: 400, says: "bad request with {key}" },
  { do: "error", status: 401, says: "Incorrect API key provided: {key}" },
  { do: "error", status: 403, says: "{key} may not" },
  { do: "error", status: 404, says: "no model for {key}" },
  { do: "error", status: 429, says: "{key} is too fast", headers: { "retry-after": "60" } },
  { do: "error", status: 500, says: "{key}" },
  { do: "cut", afterChunks: 0 },
  { do: "cut", afterChunks: 3 },
  { do: "end_early", afterChunks: 3 },
  { do: "malformed", afterChunks: 2 },
  { do: "fail_in_stream", afterChunks: 2, says: "failed with {key}" },
  { do: "html" },
  { do: "redirect", location: "http://127.0.0.1:9/" },
];

it("no form of a key is in the database, errors, logs, spans or answers; nothing that was said is in a span", async () => {
  const canary = `prompt-${randomBytes(12).toString("hex")}`;
  const argument = `argument-${randomBytes(12).toString("hex")}`;
  const answered = `answer-${randomBytes(12).toString("hex")}`;
  const kinds = ["openai_compatible", "openai", "anthropic", "google", "mistral"] as const;
  const told: string[] = [];
  const keys: string[] = [];
  // what is kept of calls is looked at too
  await t.settings({ transcripts: true, cache: "exact" });
  for (const [k, kind] of kinds.entries()) {
    // a model a call: one that fails again and again is left alone
    const models = Array.from({ length: CALLS }, (_, i) => ({
      name: `m${i}`,
      capabilities: ["text", "tools", "streaming"],
    }));
    const fake = await t.provider(kind.replaceAll("_", "-"), { kind, models });
    keys.push(fake.key);
    for (let call = 0; call < CALLS; call++) {
      const model = `${kind.replaceAll("_", "-")}/m${call}`;
      const behaviour = BEHAVIOURS[(k * CALLS + call) % BEHAVIOURS.length] ?? { do: "answer" };
      fake.always(
        behaviour.do === "answer"
          ? {
              do: "answer",
              answer: {
                text: answered,
                toolCalls: [{ name: "look", input: { argument } }],
                usage: { input: 3, output: 3 },
              },
            }
          : behaviour,
      );
      const stream = call % 2 === 1;
      const body = chat(model, {
        stream,
        messages: [
          { role: "system", content: canary },
          { role: "user", content: `${canary} ${call}` },
        ],
        tools: [{ type: "function", function: { name: "look", description: canary } }],
      });
      const headers = { "nofx-max-attempts": "1" };
      const request = post("/chat/completions", body, { agentKey: t.agentKey, headers });
      const response = await t.endpoint().handle(request);
      told.push(JSON.stringify([...response.headers]), await response.text());
    }
  }
  await t.plane.routing.flush();
  expect(await t.calls()).toHaveLength(kinds.length * CALLS);
  const errors = t.errors.map((error) => JSON.stringify(loggable(error)));
  const spans = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) =>
      JSON.stringify({ name, attributes, events, status }),
    );
  expect(spans.length).toBeGreaterThan(kinds.length * CALLS);
  expect(spans.some((span) => span.includes("gen_ai.usage.input_tokens"))).toBe(true);
  for (const said of [canary, argument, answered]) {
    expect(spans.filter((span) => span.includes(said))).toEqual([]);
  }
  // the answers themselves do hold it, or nothing was tested
  expect(told.join()).toContain(answered);

  const places = { database: await dump(t), errors, spans, told };
  for (const key of keys) {
    for (const form of formsOf(key)) {
      for (const [place, texts] of Object.entries(places)) {
        expect([place, texts.filter((text) => text.includes(form))]).toEqual([place, []]);
      }
    }
  }
});

/** Every row of every table, as text. */
async function dump({ test: { owner } }: EndpointFixture): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname in ('public', 'app', 'engine')`,
  );
  const all = await Promise.all(
    rows.map(({ name }) => owner.query<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return all.flatMap((table) => table.rows.map(({ row }) => row));
}
