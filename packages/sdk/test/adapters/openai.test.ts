import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openaiTask, type OpenaiOptions } from "../../src/adapters/openai/index.ts";
import { FakePlane } from "../fake-plane/server.ts";
import { start } from "../harness.ts";

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

let server: Server;
let url = "";
/** What the endpoint answers next, and what it was asked. */
const answers: Answer[] = [];
const asked: { path: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url: path, headers } = request;
      asked.push({ path, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      const answer = answers.shift();
      if (answer === undefined) return;
      response.writeHead(answer.status ?? 200, {
        "content-type": "application/json",
        ...answer.headers,
      });
      response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const says = (content: string | null, more: object = {}) => ({
  model: "small-1",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content, ...more } }],
  usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
});

function taskOf(more: Partial<OpenaiOptions> = {}) {
  asked.length = 0;
  return openaiTask("test.task", { url, model: "small", key: "sk-secret", ...more });
}

test("the endpoint is asked once, whatever happens afterwards", async () => {
  await using plane = await FakePlane.start();
  answers.push({ body: says("4") });
  const step = plane.enqueue({ input: { prompt: "2 + 2?" } });
  plane.fault("complete", "cut-before");
  start(plane, [taskOf({ instructions: "Only the number.", parameters: { temperature: 0 } })]);
  await plane.until(() => step.status === "succeeded");

  expect(step.output).toEqual({
    text: "4",
    model: "small-1",
    finishReason: "stop",
    usage: { inputTokens: 7, outputTokens: 2 },
  });
  expect(asked).toMatchObject([
    {
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-secret", "idempotency-key": step.id },
      body: {
        model: "small",
        temperature: 0,
        messages: [
          { role: "system", content: "Only the number." },
          { role: "user", content: "2 + 2?" },
        ],
      },
    },
  ]);
});

test("a schema of the output is told to the endpoint, and holds", async () => {
  await using plane = await FakePlane.start();
  answers.push({ body: says('```json\n{"sum": 4}\n```') }, { body: says('{"sum": "four"}') });
  const more = {
    input: z.object({ a: z.number(), b: z.number() }),
    prompt: ({ a, b }: { a: number; b: number }) => `${a} + ${b}`,
    output: z.object({ sum: z.number() }),
  };
  const good = plane.enqueue({ input: { a: 2, b: 2 } });
  start(plane, [taskOf(more as never)]);
  await plane.until(() => good.status === "succeeded");
  expect(good.output).toEqual({ sum: 4 });
  expect(asked[0]?.body).toMatchObject({
    response_format: { json_schema: { schema: { properties: { sum: { type: "number" } } } } },
  });
  const bad = plane.enqueue({ input: { a: 2, b: 2 } });
  await plane.until(() => bad.status === "failed");
  expect(bad.errors[0]?.error.message).toContain("/sum");
});

const refusal = (code: string) => ({ error: { message: "That is not possible.", code } });

test.each<[string, Answer, string, number | undefined]>([
  ["a wrong request", { status: 400, body: refusal("bad") }, "permanent", undefined],
  ["a wrong key", { status: 401, body: refusal("key") }, "permanent", undefined],
  ["a spent quota", { status: 429, body: refusal("insufficient_quota") }, "permanent", undefined],
  [
    "too much at once",
    { status: 429, headers: { "retry-after": "7" }, body: refusal("rate") },
    "retryable",
    7,
  ],
  ["a broken server", { status: 503, body: "<html>" }, "retryable", undefined],
  [
    "a server that says so",
    { status: 500, headers: { "x-should-retry": "false" }, body: "" },
    "permanent",
    undefined,
  ],
  ["something else", { body: { hello: 1 } }, "retryable", undefined],
  [
    "a refusal of the model",
    { body: says(null, { refusal: "I would rather not." }) },
    "permanent",
    undefined,
  ],
])("%s", async (_, answer, kind, retryAfterSeconds) => {
  await using plane = await FakePlane.start();
  answers.push(answer);
  const step = plane.enqueue({ input: { prompt: "?" } });
  start(plane, [taskOf()]);
  await plane.until(() => step.errors.length > 0);
  expect(step.errors[0]?.error.class).toBe(kind);
  expect(step.errors[0]?.retryAfterSeconds).toBe(retryAfterSeconds);
  expect(JSON.stringify(step.errors)).not.toContain("sk-secret");
});

test("a lost lease ends the request", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.3 });
  const step = plane.enqueue({ input: { prompt: "?" } });
  const gone = new Promise<void>((resolve) => {
    server.once("request", (request) => request.socket.once("close", () => resolve()));
  });
  server.once("request", () => plane.steal(step));
  const agent = start(plane, [taskOf()]);
  await gone;
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  expect(step).toMatchObject({ settled: [], errors: [] });
});
