import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCandidate, aRouteRequest, numRuns } from "../../testing/index.ts";
import type { Candidate } from "../candidate.ts";
import { decide } from "../decide.ts";
import type { RouteRequest } from "../route-request.ts";
import { preparePolicy, RoutingPolicy, type RouteStrategy } from "../routing-policy.ts";
import { drawOf, unitOf } from "./draw.ts";

const models = (...names: readonly string[]) => names.map((model) => aCandidate({ model }));
const open = (one: Candidate): Candidate => ({ ...one, health: { ...one.health, state: "open" } });

function chooser(strategy: RouteStrategy, candidates: readonly Candidate[]) {
  const policy = preparePolicy(
    RoutingPolicy.parse({ name: "p", version: 1, rules: [{ strategy }] }),
    () => () => true,
  );
  return (rest: Partial<RouteRequest>) => {
    const decision = decide(aRouteRequest(rest), policy, candidates, 0);
    return decision.ok ? decision.chosen.model : decision.code;
  };
}

/** Of so many callers, how many get which model. */
function spread(choose: (rest: Partial<RouteRequest>) => string, count: number, salt = "") {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const model = choose({ stickyKey: `${salt}caller-${i}` });
    counts[model] = (counts[model] ?? 0) + 1;
  }
  return counts;
}

/** Within five standard deviations of a binomial: a fair draw fails this once in two million. */
function expectShare(count: number | undefined, of: number, share: number) {
  const deviation = Math.sqrt(of * share * (1 - share));
  expect(Math.abs((count ?? 0) - of * share)).toBeLessThanOrEqual(5 * deviation + 1);
}

const CALLERS = 2_000;
const arms = (...weights: readonly number[]) =>
  weights.map((weight, i) => ({ model: `acme/m${i}`, weight }));
const named = (count: number) => models(...Array.from({ length: count }, (_, i) => `m${i}`));

describe("shares", () => {
  it("are as large as their weights, for any weights and salts", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.string(), (given, salt) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const ab: RouteStrategy = { type: "ab", experiment: salt || "x", arms: arms(...given) };
        const weighted: RouteStrategy = { type: "weighted", targets: arms(...given) };
        for (const strategy of [ab, weighted]) {
          const counts = spread(chooser(strategy, named(given.length)), CALLERS, salt);
          for (const [i, weight] of given.entries()) {
            expectShare(counts[`m${i}`], CALLERS, weight / total);
          }
        }
      }),
      // each is 4,000 draws a time
      numRuns(40, 2),
    );
  });

  it("of an experiment have nothing to do with those of another", () => {
    const of = (experiment: string) =>
      chooser({ type: "ab", experiment, arms: arms(1, 1) }, named(2));
    const [one, other] = [of("one"), of("other")];
    let same = 0;
    for (let i = 0; i < CALLERS; i++) {
      const stickyKey = `caller-${i}`;
      if (one({ stickyKey }) === other({ stickyKey })) same++;
    }
    expectShare(same, CALLERS, 0.5);
  });

  it("move only to an arm that joins, and only from an arm that leaves", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (stickyKey, weight) => {
        const of = (...weights: number[]) =>
          chooser({ type: "ab", experiment: "x", arms: arms(...weights) }, named(4))({ stickyKey });
        const before = of(3, 2, 1);
        expect([before, "m3"]).toContain(of(3, 2, 1, weight));
        const without = of(3, 2);
        expect(before === "m2" || without === before).toBe(true);
      }),
      numRuns(2_000, 100),
    );
  });
});

describe("an experiment", () => {
  it("keeps a caller's arm, whatever the call is and whoever else is unwell", () => {
    const strategy: RouteStrategy = { type: "ab", experiment: "x", arms: arms(1, 1, 1) };
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.subarray([0, 1, 2]), (stickyKey, callKey, down) => {
        const all = named(3);
        const arm = chooser(strategy, all)({ stickyKey });
        const broken = all.map((one, i) => (down.includes(i) ? open(one) : one));
        const now = chooser(strategy, broken)({ stickyKey, callKey });
        const isUp = !down.includes(Number(arm[1]));
        const others = all.map(({ model }) => model).filter((_, i) => !down.includes(i));
        expect(isUp ? [arm] : [...others, "providers_unhealthy"]).toContain(now);
        expect(now === "providers_unhealthy").toBe(down.length === 3);
      }),
      numRuns(2_000, 100),
    );
  });
});

describe("a weighted rule", () => {
  it("shares calls, not callers, and shares those of a failing one by the others' weights", () => {
    const strategy: RouteStrategy = { type: "weighted", targets: arms(5, 3, 2) };
    const [first, ...rest] = named(3) as [Candidate, ...Candidate[]];
    const choose = chooser(strategy, [open(first), ...rest]);
    const counts: Record<string, number> = {};
    for (let i = 0; i < CALLERS; i++) {
      const model = choose({ stickyKey: "the same", callKey: `call-${i}` });
      counts[model] = (counts[model] ?? 0) + 1;
    }
    expectShare(counts["m1"], CALLERS, 0.6);
    expectShare(counts["m2"], CALLERS, 0.4);
  });
});

describe("sticky", () => {
  it("keeps a caller where it is while that one can, and spreads callers evenly", () => {
    const all = named(4);
    const choose = chooser({ type: "sticky" }, all);
    for (const count of Object.values(spread(choose, CALLERS))) {
      expectShare(count, CALLERS, 0.25);
    }
    fc.assert(
      fc.property(fc.string(), fc.nat(3), (stickyKey, down) => {
        const before = choose({ stickyKey });
        const broken = all.map((one, i) => (i === down ? open(one) : one));
        const now = chooser({ type: "sticky" }, broken)({ stickyKey });
        expect(now === before).toBe(before !== `m${down}`);
      }),
      numRuns(2_000, 100),
    );
  });
});

describe("a canary", () => {
  const strategy = (percent: number): RouteStrategy => ({
    type: "canary",
    canary: { model: "acme/m1" },
    percent,
    stable: [{ model: "acme/m0" }],
  });

  it("gets its share, and keeps its callers when the share grows", () => {
    expectShare(spread(chooser(strategy(5), named(2)), CALLERS)["m1"], CALLERS, 0.05);
    fc.assert(
      fc.property(fc.string(), fc.nat(100), fc.nat(100), (stickyKey, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((percent) =>
          chooser(strategy(percent), named(2))({ stickyKey }),
        );
        // never there and then taken away
        expect([less, more]).not.toEqual(["m1", "m0"]);
      }),
      numRuns(2_000, 100),
    );
    expect(spread(chooser(strategy(0), named(2)), CALLERS)).toEqual({ m0: CALLERS });
    expect(spread(chooser(strategy(100), named(2)), CALLERS)).toEqual({ m1: CALLERS });
  });

  it("gets nothing while it is unwell, and does not stand in for the stable one", () => {
    const [stable, canary] = named(2) as [Candidate, Candidate];
    const unwell: Candidate = { ...canary, health: { ...canary.health, state: "degraded" } };
    expect(chooser(strategy(100), [stable, unwell])({})).toBe("m0");
    expect(chooser(strategy(100), [stable, open(canary)])({})).toBe("m0");
    expect(chooser(strategy(0), [open(stable), canary])({})).toBe("providers_unhealthy");
  });
});

describe("draws", () => {
  it("are the same for the same text, for ever", () => {
    // kept callers would move if these changed
    expect([unitOf(""), unitOf("a"), unitOf("caller-1")].map((unit) => unit.toFixed(6))).toEqual([
      "0.668922",
      "0.103526",
      "0.304393",
    ]);
    expect(drawOf("k", "n", 1)).toBe(unitOf("k\nn"));
  });
});
