import { prng } from "../testing/prng.ts";
import { expect, test } from "vitest";
import { chooseAgents, type AgentCandidate } from "./choose-agents.ts";

const WEIGHTS = { successUsd: 10, hourUsd: 2 };
const agent = (name: string, known: Partial<AgentCandidate> = {}): AgentCandidate => ({
  agentId: name,
  name,
  samples: 50,
  success: 0.9,
  latencyMs: 5_000,
  costPico: 0,
  slots: 4,
  held: 0,
  ...known,
});

/** How often each comes first. */
function firsts(candidates: readonly AgentCandidate[], times = 500): Record<string, number> {
  const random = prng(11);
  const count: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const name = chooseAgents(candidates, WEIGHTS, random)[0]?.name ?? "none";
    count[name] = (count[name] ?? 0) + 1 / times;
  }
  return count;
}

test("agents that are as good come first equally often", () => {
  const count = firsts([agent("a"), agent("b"), agent("c"), agent("d")]);
  for (const share of Object.values(count)) expect(Math.abs(share - 0.25)).toBeLessThan(0.08);
});

test("the better, the quicker and the freer comes first more often, and none is forgotten", () => {
  const pairs: [string, Partial<AgentCandidate>][] = [
    ["bad", { success: 0.4 }],
    ["slow", { latencyMs: 40_000 }],
    ["busy", { held: 3 }],
  ];
  for (const [name, known] of pairs) {
    const count = firsts([agent("good"), agent(name, known)]);
    expect(count["good"]).toBeGreaterThan(0.6);
    expect(count[name]).toBeGreaterThan(0);
  }
  expect(firsts([agent("good"), agent("full", { held: 4 })])["full"] ?? 0).toBeLessThan(0.1);
});

test("each is there once with its reason, weights add up, and nobody is nobody", () => {
  const chosen = chooseAgents(
    [
      agent("a", { held: 1, costPico: 2e10 }),
      agent("new", { samples: 0, success: null, latencyMs: null, costPico: null }),
    ],
    WEIGHTS,
    prng(1),
  );
  expect(chosen.map(({ name }) => name).toSorted()).toEqual(["a", "new"]);
  expect(chosen.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 3);
  const whys = new Map(chosen.map(({ name, why }) => [name, why]));
  expect(whys.get("a")).toBe("90 % of 50 succeeded, 5 s, $0.0200 a step; holds 1 of 4");
  expect(whys.get("new")).toBe("nothing measured yet; holds 0 of 4");
  expect(chooseAgents([], WEIGHTS, prng(1))).toEqual([]);
});
