import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { believe, keepSample, measure, RECENT, type Sample } from "./evidence.ts";
import { CLOSED } from "./breaker.ts";
import { foldEvidence, type EndedAttempt, type JudgedAgent } from "./fold-evidence.ts";

const aSample: fc.Arbitrary<Sample> = fc.tuple(
  fc.boolean(),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.option(fc.nat(1_000_000)),
  fc.constant("step"),
  fc.nat(),
  fc.constant(null),
);
const samples = fc.array(aSample, { maxLength: 120 });

test("the newest are kept, and no more than so many", () => {
  fc.assert(
    fc.property(samples, (all) => {
      const kept = all.reduce<Sample[]>((recent, one) => keepSample(recent, one), []);
      expect(kept).toEqual(all.slice(-RECENT));
    }),
    numRuns(100),
  );
});

test("what is believed lies between what was declared and what was measured, nearer to the latter with more", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), samples, (declared, all) => {
      const recent = all.slice(-RECENT);
      const measured = measure(recent);
      const { successRate } = believe({ successRate: declared }, recent);
      const real = measured?.successRate ?? declared;
      expect(successRate).toBeGreaterThanOrEqual(Math.min(declared, real) - 1e-9);
      expect(successRate).toBeLessThanOrEqual(Math.max(declared, real) + 1e-9);
      const weight = 4 / (4 + recent.length);
      expect(Math.abs((successRate ?? 0) - real)).toBeCloseTo(
        Math.abs(declared - real) * weight,
        6,
      );
    }),
    numRuns(200),
  );
});

test("with nothing declared and nothing measured nothing is believed", () => {
  expect(believe({}, [])).toEqual({ successRate: null, latencyMs: null, costPico: null });
  expect(measure([])).toBeNull();
});

const attempt = (id: number, succeeded: boolean): EndedAttempt => ({
  id,
  agentId: "a",
  capability: "code.patch",
  stepId: `s${id}`,
  succeeded,
  errorCode: succeeded ? null : "agent_error",
  ms: 100,
  costPico: null,
  claimedAt: id,
  at: id + 100,
});
const agent: JudgedAgent = {
  id: "a",
  status: "active",
  statusBy: "person",
  breaker: CLOSED,
  breakerEnabled: true,
  revision: 3,
};
const fails = [1, 2, 3, 4, 5].map((id) => attempt(id, false));

test("a fold adds up what is new, and quarantines an agent whose attempts fail", () => {
  const known = [{ agentId: "a", capability: "code.patch", declared: {}, recent: [] }];
  const folded = foldEvidence([attempt(0, true), ...fails], [agent], known);
  expect(folded.capabilities).toMatchObject([
    { samples: 6, successes: 1, since: 100, lastAt: 105, successRate: 1 / 6 },
  ]);
  expect(folded.agents).toMatchObject([
    { id: "a", revision: 3, status: "quarantined", trialAt: 60_104 },
  ]);
});

test("what people said of an agent stands, whatever its attempts", () => {
  for (const said of [
    { status: "draining" },
    { status: "retired" },
    { status: "quarantined", statusBy: "person" },
    { breakerEnabled: false },
  ] as const) {
    expect(foldEvidence(fails, [{ ...agent, ...said }], []).agents).toEqual([]);
  }
});
