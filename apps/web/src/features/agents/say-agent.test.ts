import { expect, test } from "vitest";
import { contradicts, sayLoad, sayRate } from "./say-agent.ts";

test("rates and loads are short", () => {
  expect([sayRate(null), sayRate(0.9874), sayRate(1)]).toEqual(["–", "98.7 %", "100 %"]);
  const load = { inFlight: 2, runners: 1, slots: 4, busy: 2 };
  expect(sayLoad({ load, maxConcurrency: 3 })).toBe("2 of 3");
  expect(sayLoad({ load, maxConcurrency: null })).toBe("2 of 4");
  expect(sayLoad({ load: { ...load, slots: 0 }, maxConcurrency: null })).toBe("2 at work");
});

test("a declared rate is contradicted only by what the samples do not allow", () => {
  const numbers = { averageLatencyMs: null, costPerOperation: null };
  const of = (declaredRate: number | null, low: number, high: number) =>
    contradicts({
      capability: "code.patch",
      title: null,
      declared: {
        ...numbers,
        successRate: declaredRate,
        proficiencyLevel: null,
        resourceRequirements: null,
      },
      measured: { ...numbers, successRate: (low + high) / 2, low, high, samples: 20 },
      believed: { ...numbers, successRate: null },
      evidence: { samples: 20, successes: 10, since: null, lastAt: null },
      version: null,
      inputSchema: null,
      outputSchema: null,
      events: [],
    });
  expect(of(0.9, 0.3, 0.7)).toBe(true);
  expect(of(0.6, 0.3, 0.7)).toBe(false);
  expect(of(null, 0.3, 0.7)).toBe(false);
});
