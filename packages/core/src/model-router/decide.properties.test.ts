import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCandidate, aPrice, aRouteRequest, numRuns } from "../testing/index.ts";
import type { Candidate } from "./candidate.ts";
import { decide } from "./decide.ts";
import { decisionDigestInput } from "./decision-digest.ts";
import type { Decision, Route, Routed, Score } from "./decision.ts";
import { HealthState } from "./health/health-view.ts";
import { ModelCapability } from "./model-id.ts";
import { costOf, priceInForce } from "./prices.ts";
import type { RouteRequest } from "./route-request.ts";
import { preparePolicy, RouteStrategy, RoutingPolicy } from "./routing-policy.ts";
import { NO_USAGE } from "./usage.ts";

const NOW = 1_000_000;
const REGIONS = ["default", "eu", "us"];
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const candidate: fc.Arbitrary<Candidate> = fc
  .record({
    provider: fc.constantFrom("a", "b", "c"),
    model: fc.constantFrom("m1", "m2", "m3", "m4"),
    region: fc.constantFrom(...REGIONS),
    contextTokens: orNull(fc.integer({ min: 500, max: 20_000 })),
    maxOutputTokens: orNull(fc.integer({ min: 100, max: 5_000 })),
    capabilities: fc.subarray(ModelCapability.options, { minLength: 2 }),
    quality: orNull(fc.double({ min: 0, max: 1, noNaN: true })),
    price: orNull(fc.bigInt({ min: 0n, max: 50n })),
    enabled: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    state: fc.constantFrom(...HealthState.options, "healthy" as const, "healthy" as const),
    errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
    p50Ms: orNull(fc.integer({ min: 10, max: 5_000 })),
    paused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    samples: fc.nat(50),
  })
  .map(({ price, state, errorRate, p50Ms, paused, samples, ...rest }) =>
    aCandidate({
      ...rest,
      prices: price === null ? [] : [aPrice(price)],
      health: {
        state,
        errorRate,
        p50Ms,
        p95Ms: p50Ms === null ? null : p50Ms * 2,
        rateLimitedUntil: paused ? NOW + 5_000 : null,
        samples,
      },
    }),
  );
const candidates = fc.uniqueArray(candidate, {
  maxLength: 12,
  selector: ({ provider, model, region }) => `${provider}/${model}@${region}`,
});

const target = fc.record(
  {
    model: fc.constantFrom("a/m1", "a/*", "b/m1", "b/m2", "c/*"),
    region: fc.constantFrom("eu", "us"),
  },
  { requiredKeys: ["model"] },
);
const once = { selector: (one: object) => JSON.stringify({ ...one, weight: 0 }) };
const targets = fc.uniqueArray(target, { minLength: 1, maxLength: 4, ...once });
const shares = fc.uniqueArray(
  fc.tuple(target, fc.integer({ min: 1, max: 9 })).map(([one, weight]) => ({ ...one, weight })),
  { minLength: 1, maxLength: 4, ...once },
);
const among = fc.option(targets, { nil: undefined });
const of = (type: string, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc
    .record({ type: fc.constant(type), ...fields })
    .map((strategy) => RouteStrategy.parse(strategy));
const strategy = fc.oneof(
  of("cost", { among }),
  of("latency", { among, percentile: fc.constantFrom("p50", "p95") }),
  of("quality", { among }),
  of("balanced", {
    among,
    weights: fc.record({ cost: fc.constantFrom(0.1, 1), quality: fc.constantFrom(0, 1) }),
  }),
  of("weighted", { targets: shares }),
  of("fallback", { targets }),
  of("sticky", { among }),
  of("ab", { experiment: fc.constant("x"), arms: shares }),
  of("canary", { canary: target, percent: fc.integer({ min: 0, max: 100 }), stable: targets }),
);
const policyOf = (rest: Partial<RoutingPolicy> & { strategy: RouteStrategy }) => {
  const { strategy: one, ...fields } = rest;
  const rules = [{ strategy: one }];
  return preparePolicy(
    RoutingPolicy.parse({ name: "p", version: 1, rules, ...fields }),
    () => () => true,
  );
};
const policy = fc
  .record({
    strategy,
    engine: fc.constantFrom("v1" as const, "v2" as const, "v2" as const),
    named: fc.constantFrom("only" as const, "first" as const),
    unpriced: fc.constantFrom("allow" as const, "refuse" as const),
  })
  .map(policyOf);

const request: fc.Arbitrary<RouteRequest> = fc
  .record({
    model: maybe(fc.constantFrom("auto", "a/m1", "m2", "c/m4")),
    capabilities: fc.subarray(["text", "json", "tools"] as const, { maxLength: 2 }),
    inputTokens: fc.integer({ min: 1, max: 4_000 }),
    maxOutputTokens: fc.integer({ min: 1, max: 2_000 }),
    residency: maybe(fc.subarray(REGIONS, { minLength: 1 })),
    qualityFloor: maybe(fc.double({ min: 0, max: 0.6, noNaN: true })),
    deadlineMs: maybe(fc.integer({ min: 500, max: 10_000 })),
    budget: maybe(fc.bigInt({ min: 0n, max: 500_000n })),
    stickyKey: maybe(fc.string({ maxLength: 5 })),
    callKey: maybe(fc.string({ maxLength: 5 })),
  })
  .map((fields) => aRouteRequest(JSON.parse(JSON.stringify(fields, drop), back) as RouteRequest));
// exactOptionalPropertyTypes: undefined fields are left out
const drop = (_: string, value: unknown) => (typeof value === "bigint" ? `n${value}` : value);
const back = (key: string, value: unknown) =>
  key === "budget" && typeof value === "string" ? BigInt(value.slice(1)) : value;

const named = ({ provider, model, region }: { provider: string; model: string; region: string }) =>
  `${provider}/${model}@${region}`;
const chosenOf = (decision: Decision) =>
  decision.ok ? [decision.chosen, ...decision.fallbacks].map(named) : decision.code;
const find = (all: readonly Candidate[], id: string) =>
  all.find((one) => named(one) === id) as Candidate;

const routesOf = (decision: Decision): Route[] =>
  decision.ok ? [decision.chosen, ...decision.fallbacks] : [];

/** The scores of what is as well as the first: what is degraded comes behind what is not. */
function asWell({ scores }: Routed): Score[] {
  const isDegraded = scores[0]?.health === "degraded";
  expect(isDegraded && scores.some(({ health }) => health !== "degraded")).toBe(false);
  return scores.filter(({ health }) => isDegraded || health !== "degraded");
}

/** What speaks against a route, judged anew. */
function faultsOf(asked: RouteRequest, route: Route, one: Candidate): string[] {
  const tokens = asked.inputTokens + asked.maxOutputTokens;
  const { health } = one;
  const faults: Record<string, boolean> = {
    disabled: !one.enabled,
    capability: asked.capabilities.some((capability) => !one.capabilities.includes(capability)),
    context: (one.contextTokens ?? tokens) < tokens,
    output: (one.maxOutputTokens ?? Infinity) < asked.maxOutputTokens,
    residency: asked.residency !== undefined && !asked.residency.includes(one.region),
    quality: asked.qualityFloor !== undefined && (one.quality ?? -1) < asked.qualityFloor,
    budget: asked.budget !== undefined && (route.highestCost ?? asked.budget + 1n) > asked.budget,
    deadline: health.samples >= 5 && (health.p95Ms ?? 0) > (asked.deadlineMs ?? Infinity),
    open: health.state === "open",
    paused: health.rateLimitedUntil !== null,
    trial: route.trial !== (health.state === "half_open"),
  };
  return Object.keys(faults).filter((fault) => faults[fault]);
}

describe("decide", () => {
  it("chooses, and lets stand in, only what can take the request", () => {
    let routed = 0;
    fc.assert(
      fc.property(request, policy, candidates, (asked, by, all) => {
        const decision = decide(asked, by, all, NOW);
        if (decision.ok) routed++;
        for (const route of routesOf(decision)) {
          expect(faultsOf(asked, route, find(all, named(route)))).toEqual([]);
        }
      }),
      numRuns(10_000, 300),
    );
    expect(routed).toBeGreaterThan(0);
  });

  it("tells of each candidate either its score or what it lacks, once", () => {
    fc.assert(
      fc.property(request, policy, candidates, (asked, by, all) => {
        const decision = decide(asked, by, all, NOW);
        const scored = decision.ok ? decision.scores.map(named) : [];
        const told = [...scored, ...decision.rejected.map(named)];
        expect(new Set(told).size).toBe(told.length);
        // a canary that a call is not for is neither
        const isCanary = by.rules[0]?.strategy.type === "canary";
        expect(told.length === all.length || isCanary).toBe(true);
        expect(scored.slice(0, 1)).toEqual(routesOf(decision).slice(0, 1).map(named));
        expect(decision.ok ? decision.reason : decision.message).toMatch(/\.$/);
      }),
      numRuns(5_000, 200),
    );
  });

  it("is not changed by a candidate that cannot take the request", () => {
    const broken = fc.constantFrom<Partial<Candidate>>(
      { enabled: false },
      { capabilities: [] },
      { contextTokens: 1 },
      { health: { ...aCandidate().health, state: "open" } },
      { health: { ...aCandidate().health, rateLimitedUntil: NOW + 1 } },
    );
    fc.assert(
      fc.property(
        request,
        policy,
        candidates,
        candidate,
        broken,
        fc.nat(12),
        (asked, by, all, one, how, at) => {
          const without = all.filter((other) => named(other) !== named(one));
          // what is not there at all is unknown; here it is there and cannot
          fc.pre(asked.capabilities.length > 0 && (asked.model ?? "auto") === "auto");
          const withIt = without.toSpliced(at, 0, { ...one, ...how });
          const before = decide(asked, by, without, NOW);
          const after = decide(asked, by, withIt, NOW);
          // why there is none may change: another is nearer to it
          expect(after.ok && chosenOf(after)).toEqual(before.ok && chosenOf(before));
        },
      ),
      numRuns(5_000, 200),
    );
  });

  it("does not depend on the order of candidates (v2), and neither does its digest", () => {
    fc.assert(
      fc.property(
        request,
        policy,
        candidates,
        fc.infiniteStream(fc.nat()),
        (asked, by, all, keys) => {
          fc.pre(by.engine === "v2");
          const shuffled = all
            .map((one) => ({ one, key: keys.next().value as number }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const [before, after] = [decide(asked, by, all, NOW), decide(asked, by, shuffled, NOW)];
          expect(chosenOf(after)).toEqual(chosenOf(before));
          expect(decisionDigestInput(after)).toBe(decisionDigestInput(before));
        },
      ),
      numRuns(3_000, 150),
    );
  });

  it("by cost: nothing that could take it, and is as well, costs less; and the cost is the price's", () => {
    fc.assert(
      fc.property(request, candidates, (asked, all) => {
        const decision = decide(asked, policyOf({ strategy: { type: "cost" } }), all, NOW);
        if (!decision.ok) return;
        const { estimatedCost, price } = decision.chosen;
        const usage = { ...NO_USAGE, input: asked.inputTokens, output: asked.maxOutputTokens };
        expect(price && costOf(usage, price)).toBe(estimatedCost);
        const costs = asWell(decision).map((score) => {
          const inForce = priceInForce(find(all, named(score)).prices, { at: NOW, usage });
          return inForce && costOf(usage, inForce);
        });
        expect(costs.every((cost) => cost !== undefined && cost >= (estimatedCost ?? 0n))).toBe(
          true,
        );
      }),
      numRuns(3_000, 150),
    );
  });

  it("by latency and by quality: nothing that is as well is quicker, or better", () => {
    fc.assert(
      fc.property(request, candidates, (asked, all) => {
        const strategies = [
          RouteStrategy.parse({ type: "latency", explorePercent: 0 }),
          RouteStrategy.parse({ type: "quality" }),
        ];
        for (const one of strategies) {
          const decision = decide(asked, policyOf({ strategy: one }), all, NOW);
          if (!decision.ok) return;
          const order = asWell(decision).map((score) => {
            const { health, quality } = find(all, named(score));
            return one.type === "latency" ? (health.p50Ms ?? Infinity) : -(quality ?? -1);
          });
          expect(order[0]).toBe(Math.min(...order));
        }
      }),
      numRuns(3_000, 150),
    );
  });
});
