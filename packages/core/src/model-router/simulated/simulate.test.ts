import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numRuns } from "../../testing/index.ts";
import { simulateEmbedding } from "./embed.ts";
import { SIMULATED_MODELS, type SimulatedModel } from "./models.ts";
import { simulate, type SimulatedRequest } from "./simulate.ts";

const careful = SIMULATED_MODELS.find(({ name }) => name === "careful") as SimulatedModel;
const ask = (rest: Partial<SimulatedRequest> = {}) =>
  simulate(careful, { prompt: "Hello?", seed: 1, ...rest });
const scripted = (script: unknown, rest: Partial<SimulatedRequest> = {}) =>
  ask({ prompt: `Hello? <simulate>${JSON.stringify(script)}</simulate>`, ...rest });

const city = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
};
const tools = [
  { name: "clock", schema: {} },
  { name: "weather", schema: city },
];

describe("a simulated model", () => {
  it("answers the same for the same seed and request", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.nat(),
        fc.constantFrom(...SIMULATED_MODELS),
        (prompt, seed, model) => {
          expect(simulate(model, { prompt, seed })).toEqual(simulate(model, { prompt, seed }));
        },
      ),
      numRuns(200),
    );
  });

  it("says that it is simulated, in so many words as it may", () => {
    expect(ask()).toMatchObject({ text: expect.stringContaining("simulated"), finish: "stop" });
    expect(ask({ maxOutputTokens: 3 })).toMatchObject({
      text: "This is a si",
      finish: "length",
      usage: { output: 3 },
    });
    expect(ask({ stop: [" answer"] })).toMatchObject({ text: "This is a simulated" });
    expect(ask({ thinks: true })).toMatchObject({
      reasoning: expect.stringContaining("simulated"),
    });
    expect(ask({ json: {} })).toMatchObject({ text: expect.stringMatching(/^\{"simulated":/) });
  });

  it("answers by a schema, and calls tools that are named or wanted", () => {
    const json = ask({ json: { schema: city } });
    expect(json.ok && JSON.parse(json.text)).toEqual({
      city: "simulated",
      days: expect.any(Number),
    });
    const called = (rest: Partial<SimulatedRequest>) => {
      const outcome = ask({ tools, ...rest });
      return outcome.ok ? outcome.toolCalls.map(({ name }) => name) : [];
    };
    expect(called({})).toEqual([]);
    expect(called({ asked: "the weather, please" })).toEqual(["weather"]);
    expect(called({ asked: "the weather", toolChoice: "none" })).toEqual([]);
    expect(called({ toolChoice: "required" })).toEqual(["clock"]);
    expect(called({ toolChoice: { name: "weather" } })).toEqual(["weather"]);
  });

  it("does what a script says, turn by turn", () => {
    const turns = [
      { toolCalls: [{ name: "weather", input: { city: "Riga" } }] },
      { text: "It is cold.", usage: { cacheRead: 7 }, breakAfter: 4 },
    ];
    expect(scripted({ turns })).toMatchObject({ finish: "tool_calls", text: "" });
    expect(scripted({ turns }, { turn: 5 })).toMatchObject({
      text: "It is cold.",
      usage: { cacheRead: 7 },
      breakAfter: 4,
    });
    expect(scripted({ status: 429, retryAfterSeconds: 3, latencyMs: 9 })).toEqual({
      ok: false,
      latencyMs: 9,
      status: 429,
      message: "The script says 429.",
      retryAfterSeconds: 3,
    });
    expect(scripted({ txt: "?" })).toMatchObject({ ok: false, status: 400 });
  });
});

describe("simulated embeddings", () => {
  const near = (a: string, b: string) => {
    const [x, y] = [simulateEmbedding(a), simulateEmbedding(b)];
    return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  };

  it("have a length of one and are near where words are shared", () => {
    expect(near("What is the weather in Riga?", "what is the weather in riga")).toBeCloseTo(1);
    expect(near("the weather in Riga", "the weather in Oslo")).toBeGreaterThan(0.6);
    expect(near("the weather in Riga", "bake seven cakes")).toBeLessThan(0.3);
    expect(simulateEmbedding("x", 8)).toHaveLength(8);
  });
});
