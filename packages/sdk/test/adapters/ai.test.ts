import { APICallError, Output, stepCountIs, tool, ToolLoopAgent } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiTask, type AiOptions } from "../../src/adapters/ai/index.ts";
import type { AiAnswer } from "../../src/adapters/ai/answer.ts";
import type { Conversation } from "../../src/adapters/conversation.ts";
import { permanent, type StandardSchema } from "../../src/index.ts";
import { FakePlane } from "../fake-plane/server.ts";
import type { FakeStep } from "../fake-plane/plane.ts";
import { start } from "../harness.ts";

type Generated = Awaited<ReturnType<MockLanguageModelV4["doGenerate"]>>;

const usage = {
  inputTokens: { total: 5, noCache: 5, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const says = (text: string): Generated => ({
  content: [{ type: "text", text }],
  finishReason: { unified: "stop", raw: "stop" },
  usage,
  warnings: [],
});
const calls = (toolName: string, input: object, toolCallId = "c1"): Generated => ({
  content: [{ type: "tool-call", toolCallId, toolName, input: JSON.stringify(input) }],
  finishReason: { unified: "tool-calls", raw: "tool_calls" },
  usage,
  warnings: [],
});

/** A model that says these things in order, or fails so. */
function modelOf(...answers: (Generated | Error)[]): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error("the model is asked once too often");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
}

/** What an agent does with its tools. */
function tools(used: string[], more: { charge?: () => unknown; needsApproval?: boolean } = {}) {
  return {
    look: tool({
      inputSchema: z.object({ order: z.string() }),
      execute: ({ order }) => {
        used.push(`look ${order}`);
        return { cents: 500 };
      },
    }),
    charge: tool({
      inputSchema: z.object({ cents: z.number() }),
      needsApproval: more.needsApproval ?? false,
      execute: ({ cents }) => {
        used.push(`charge ${cents}`);
        return more.charge?.() ?? { at: new Date(0) };
      },
    }),
  };
}

async function run<O extends StandardSchema = typeof AiAnswer>(
  options: AiOptions<typeof Conversation, O>,
  act: (plane: FakePlane, step: FakeStep) => Promise<unknown>,
) {
  await using plane = await FakePlane.start();
  const step = plane.enqueue({ input: { prompt: "Charge order 7." } });
  start(plane, [aiTask("test.task", options)]);
  await act(plane, step);
  return step;
}
const untilDone = (plane: FakePlane, step: FakeStep) =>
  plane.until(() => step.status === "succeeded" || step.status === "failed");

/** The model goes wrong after both tools were used, as a process that dies would. */
const story = () => [
  calls("look", { order: "7" }),
  calls("charge", { cents: 500 }, "c2"),
  new Error("the line broke"),
  says("Charged."),
];

test("an agent as it is goes on after its last turn", async () => {
  const used: string[] = [];
  const model = modelOf(...story());
  const agent = new ToolLoopAgent({ model, tools: tools(used) });
  const step = await run({ agent }, untilDone);

  expect(step.errors).toMatchObject([{ error: { class: "retryable" } }]);
  expect(used).toEqual(["look 7", "charge 500"]);
  expect(step.output).toEqual({
    text: "Charged.",
    finishReason: "stop",
    usage: { inputTokens: 15, outputTokens: 3 },
  });
  expect([...step.checkpoints.keys()]).toEqual(["turn[1]", "turn[2]", "turn[3]"]);
  // what it was told the last time is all of the story
  expect(model.doGenerateCalls.at(-1)?.prompt.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "tool",
    "assistant",
    "tool",
  ]);
});

test("an agent made with durable models and tools makes each call once", async () => {
  const used: string[] = [];
  let broken = true;
  const charge = () => {
    if (broken) throw new Error("no answer from the bank");
    return "never";
  };
  const model = modelOf(...story());
  const step = await run(
    {
      agent: (durable) => {
        broken = true;
        return new ToolLoopAgent({
          model: durable.model(model),
          tools: durable.tools(tools(used, { charge })),
        });
      },
    },
    untilDone,
  );
  expect(used).toEqual(["look 7", "charge 500"]);
  expect(step.output).toMatchObject({ text: "Charged.", usage: { inputTokens: 15 } });
  expect([...step.checkpoints.keys()].toSorted()).toEqual([
    "model[1]",
    "model[2]",
    "model[3]",
    "tool[c1]",
    "tool[c2]",
  ]);
  expect(step.checkpoints.get("tool[c2]")).toEqual({ error: "no answer from the bank" });
});

test.each(["as it is", "made durable"])("people approve a tool of an agent %s", async (kind) => {
  const used: string[] = [];
  const model = modelOf(calls("charge", { cents: 500 }), says("Charged."));
  const own = tools(used, { needsApproval: true });
  const agent =
    kind === "as it is"
      ? new ToolLoopAgent({ model, tools: own })
      : (durable: Parameters<Extract<AiOptions["agent"], (...args: never[]) => unknown>>[0]) =>
          new ToolLoopAgent({ model: durable.model(model), tools: durable.tools(own) });
  const step = await run({ agent }, async (plane, step) => {
    await plane.until(() => step.held);
    expect(used).toEqual([]);
    expect(step.asked[0]).toMatchObject({ name: "tool[c1]", details: { cents: 500 } });
    plane.decide(step, { name: "tool[c1]", status: "approved" } as never);
    await untilDone(plane, step);
  });
  expect(step.output).toMatchObject({ text: "Charged.", usage: { inputTokens: 10 } });
  expect(used).toEqual(["charge 500"]);
});

test("a no is told to the model", async () => {
  const used: string[] = [];
  const model = modelOf(calls("charge", { cents: 500 }), says("Then not."));
  const agent = new ToolLoopAgent({ model, tools: tools(used, { needsApproval: true }) });
  const step = await run({ agent }, async (plane, step) => {
    await plane.until(() => step.held);
    plane.decide(step, { name: "tool[c1]", status: "rejected", reason: "Too much." } as never);
    await untilDone(plane, step);
  });
  expect(step.output).toMatchObject({ text: "Then not." });
  expect(used).toEqual([]);
  expect(JSON.stringify(model.doGenerateCalls.at(-1)?.prompt)).toContain("Too much.");
});

test("an agent's own output is checked; its step count holds", async () => {
  const answer = z.object({ charged: z.boolean() });
  const agent = new ToolLoopAgent({
    model: modelOf(says('{"charged":true}')),
    output: Output.object({ schema: answer }),
    stopWhen: stepCountIs(1),
  });
  const step = await run({ agent, output: answer }, untilDone);
  expect(step.output).toEqual({ charged: true });
});

const refused = (statusCode: number, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: `answered ${statusCode}`,
    url: "http://models.test",
    requestBodyValues: {},
    statusCode,
    responseHeaders,
  });

test.each<[string, Error, string, number | undefined]>([
  ["a wrong key", refused(401), "permanent", undefined],
  ["too much at once", refused(429, { "retry-after": "120" }), "retryable", 120],
  ["a broken server", new Error("socket hang up"), "retryable", undefined],
])("%s", async (_, error, kind, retryAfterSeconds) => {
  const agent = new ToolLoopAgent({ model: modelOf(error), maxRetries: 0 });
  const step = await run({ agent }, (plane, step) => plane.until(() => step.errors.length > 0));
  expect(step.errors[0]?.error.class).toBe(kind);
  expect(step.errors[0]?.retryAfterSeconds).toBe(retryAfterSeconds);
});

test("a durable model is asked again here; a tool's permanent failure ends the step", async () => {
  const used: string[] = [];
  const charge = () => {
    throw permanent("The card is stolen.");
  };
  const model = modelOf(
    refused(500, { "retry-after": "0" }),
    calls("charge", { cents: 1 }),
    says("no"),
  );
  const step = await run(
    {
      agent: (durable) =>
        new ToolLoopAgent({
          model: durable.model(model),
          tools: durable.tools(tools(used, { charge })),
        }),
    },
    untilDone,
  );
  expect(step.errors).toMatchObject([
    { error: { class: "permanent", message: "The card is stolen." } },
  ]);
  expect(model.doGenerateCalls).toHaveLength(2);
});

test("a lost lease aborts the agent", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.3 });
  const step = plane.enqueue({ input: { prompt: "Wait." } });
  const aborted = Promise.withResolvers<void>();
  const model = new MockLanguageModelV4({
    doGenerate: ({ abortSignal }) => {
      plane.steal(step);
      return new Promise((_, reject) => {
        abortSignal?.addEventListener("abort", () => {
          aborted.resolve();
          reject(abortSignal.reason as Error);
        });
      });
    },
  });
  const agent = start(plane, [aiTask("test.task", { agent: new ToolLoopAgent({ model }) })]);
  await aborted.promise;
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  expect(step).toMatchObject({ settled: [], errors: [], checkpoints: new Map() });
});
