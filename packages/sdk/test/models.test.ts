import { expect, test } from "vitest";
import { z } from "zod";
import { task, type AnyTask, type ContextOf } from "../src/index.ts";
import { FakePlane, KEY } from "./fake-plane/server.ts";
import { start } from "./harness.ts";

interface Asked {
  url: string;
  headers: Headers;
  body: Record<string, unknown>;
}

const said = (content: string) =>
  Response.json(
    {
      model: "m",
      choices: [{ finish_reason: "stop", message: { content } }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    },
    { headers: { "nofx-model": "small", "nofx-provider": "acme", "nofx-cost-usd": "0.0001" } },
  );
const refused = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json({ error: { message: "no", code } }, { status, headers });

/** Runs one step of a task with models; the endpoint gives these answers, one after the other. */
async function ask(
  answers: (() => Response)[],
  run: (ctx: ContextOf<{}, "auto" | "small">) => unknown,
) {
  const plane = await FakePlane.start();
  const asked: Asked[] = [];
  const writer: AnyTask = task("test.task")
    .models("auto", "small")
    .run(async (ctx) => (await run(ctx)) ?? null);
  start(plane, [writer], {
    fetch: async (url, init) => {
      if (!url.includes("/v1/chat/completions")) return fetch(url, init);
      const body = JSON.parse(init.body as string) as Record<string, unknown>;
      asked.push({ url, headers: new Headers(init.headers), body });
      return (
        answers.shift() ?? (() => refused(500, "none_left", { "x-should-retry": "false" }))
      )();
    },
  });
  const step = plane.enqueue();
  await plane.until(() => ["succeeded", "failed"].includes(step.status));
  await plane[Symbol.asyncDispose]();
  return { asked, step, plane };
}

test("a call goes through the endpoint, charged to its step, and its answer is a checkpoint", async () => {
  const { asked, step, plane } = await ask([() => said("Dear customer")], async (ctx) => {
    const { text, model, costUsd } = await ctx.llm("draft", {
      system: "You are kind.",
      prompt: "Write.",
      maxTokens: 9,
      budgetUsd: 0.0000001,
      cache: "exact",
    });
    if (ctx.info.attempt === 1) throw new Error("again");
    return { text, model, costUsd };
  });
  expect(step.output).toEqual({ text: "Dear customer", model: "small", costUsd: "0.0001" });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toBe(`${plane.url}/v1/chat/completions`);
  expect(asked[0]?.body).toEqual({
    model: "auto",
    max_tokens: 9,
    messages: [
      { role: "system", content: "You are kind." },
      { role: "user", content: "Write." },
    ],
  });
  expect(Object.fromEntries(asked[0]?.headers ?? [])).toMatchObject({
    authorization: `Bearer ${KEY}`,
    "nofx-step-id": step.id,
    "nofx-budget-usd": "0.0000001",
    "nofx-cache": "exact",
  });
});

test("an answer by schema is asked for as JSON, checked, and tried again when it does not fit", async () => {
  const Verdict = z.object({ good: z.boolean() });
  const { asked, step } = await ask(
    [() => said("maybe"), () => said('```json\n{"good":true}\n```')],
    async (ctx) => (await ctx.llm({ prompt: "?", output: Verdict })).output,
  );
  expect(step.output).toEqual({ good: true });
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_error",
    stage: "model",
    class: "retryable",
  });
  expect(asked[0]?.body["response_format"]).toMatchObject({
    type: "json_schema",
    json_schema: { schema: { type: "object", required: ["good"] } },
  });
});

test.each([
  ["a budget", () => refused(402, "budget_exhausted"), "budget"],
  ["a key without the scope", () => refused(403, "forbidden"), "policy"],
  ["a model that is none", () => refused(404, "model_not_found"), "permanent"],
  [
    "a call that may have been paid",
    () => refused(504, "timed_out", { "x-should-retry": "false" }),
    "permanent",
  ],
])("%s: not tried again", async (_, answer, kind) => {
  const { asked, step } = await ask([answer], (ctx) => ctx.llm({ prompt: "?" }));
  expect(asked).toHaveLength(1);
  expect(step.errors).toHaveLength(1);
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    stage: "model",
    class: kind,
  });
});

test("a provider that is busy is asked again, and a model that the task was not built with never", async () => {
  const busy = await ask(
    [() => refused(503, "provider_overloaded"), () => said("ok")],
    async (ctx) => {
      const { text } = await ctx.llm({ prompt: "?", model: "small" });
      return text;
    },
  );
  expect(busy.step).toMatchObject({ status: "succeeded", output: "ok", errors: [] });
  expect(busy.asked[1]?.body["model"]).toBe("small");
  const other = await ask([], (ctx) => ctx.llm({ prompt: "?", model: "large" as "small" }));
  expect(other.step.errors[0]?.error.message).toMatch(/Model "large" is none of those/);
});
