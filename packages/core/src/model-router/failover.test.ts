import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCandidate, aPrice, aRouteRequest, numRuns } from "../testing/index.ts";
import { decide } from "./decide.ts";
import { beginTrial } from "./health/begin-trial.ts";
import { HEALTH_OPTIONS, NO_HEALTH } from "./health/health-window.ts";
import { observe } from "./health/observe.ts";
import { viewOf } from "./health/view-of.ts";
import { preparePolicy, RoutingPolicy } from "./routing-policy.ts";

const START = 6_000_000;
const LATENCY = 100;
const policyOf = (strategy: object) =>
  preparePolicy(
    RoutingPolicy.parse({ name: "p", version: 1, rules: [{ strategy }] }),
    () => () => true,
  );

/** Calls one after the other, `gapMs` apart, of which all to the cheaper provider fail from `fails` until `heals`. */
function play(strategy: object, gapMs: number, fails: number, heals: number, until: number) {
  const policy = policyOf(strategy);
  const windows = new Map([
    ["cheap", NO_HEALTH],
    ["dear", NO_HEALTH],
  ]);
  const bad: number[] = [];
  let unanswered = 0;
  let returned = Infinity;
  const ask = (provider: string, at: number): boolean => {
    const ok = provider === "dear" || at < fails || at >= heals;
    if (!ok) bad.push(at);
    if (ok && provider === "cheap" && at >= heals) returned = Math.min(returned, at);
    const ended = at + LATENCY;
    const outcome = {
      ok,
      latencyMs: LATENCY,
      at: ended,
      ...(!ok && { code: "overloaded" as const }),
    };
    windows.set(provider, observe(windows.get(provider) ?? NO_HEALTH, outcome, ended));
    return ok;
  };
  for (let now = START; now < until; now += gapMs) {
    const candidates = [...windows].map(([provider, window]) =>
      aCandidate({
        provider,
        prices: [aPrice(provider === "cheap" ? 1n : 9n)],
        health: viewOf(window, now),
      }),
    );
    const decision = decide(aRouteRequest({ callKey: String(now) }), policy, candidates, now);
    const routes = decision.ok ? [decision.chosen, ...decision.fallbacks] : [];
    const answered = routes.some(({ provider, trial }) => {
      const tried = trial ? beginTrial(windows.get(provider) ?? NO_HEALTH, now) : undefined;
      if (tried !== undefined) windows.set(provider, tried);
      return ask(provider, now);
    });
    if (!answered) unanswered++;
  }
  return { bad, unanswered, returned };
}

const CHAIN = { type: "fallback", targets: [{ model: "cheap/one" }, { model: "dear/one" }] };

describe("a provider that fails for a while", () => {
  it("is left within five bad calls, tried once a probe interval, and returned to within one", () => {
    const { probeIntervalMs } = HEALTH_OPTIONS;
    fc.assert(
      fc.property(
        fc.constantFrom({ type: "cost" }, CHAIN),
        fc.integer({ min: 200, max: 3_000 }),
        fc.integer({ min: 0, max: 120_000 }),
        fc.integer({ min: 20_000, max: 300_000 }),
        (strategy, gapMs, before, down) => {
          const fails = START + before;
          const heals = fails + down;
          const until = heals + 2 * probeIntervalMs;
          const { bad, unanswered, returned } = play(strategy, gapMs, fails, heals, until);
          expect(unanswered).toBe(0);
          expect(bad.filter((at) => at < fails + probeIntervalMs).length).toBeLessThanOrEqual(5);
          const trials = Math.ceil(down / probeIntervalMs) + 1;
          expect(bad.length).toBeLessThanOrEqual(5 + trials);
          expect(returned - heals).toBeLessThanOrEqual(probeIntervalMs + LATENCY + gapMs);
        },
      ),
      numRuns(500, 8),
    );
  });
});
