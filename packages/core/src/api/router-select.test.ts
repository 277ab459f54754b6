import { describe, expect, it } from "vitest";
import { decide, preparePolicy, RoutingPolicy } from "../model-router/index.ts";
import { aCandidate, aPrice, aRouteRequest, candidatesOf } from "../testing/index.ts";
import {
  routeOfView,
  RouterSelectAnswer,
  RouterSelectInput,
  toRouteRequest,
  viewSelection,
} from "./router-select.ts";

const policy = preparePolicy(
  RoutingPolicy.parse({ name: "p", version: 1, rules: [{ strategy: { type: "quality" } }] }),
  () => () => true,
);

describe("a decision over HTTP", () => {
  it("is the same as in-process, to the picodollar", () => {
    const unpriced = aCandidate({ model: "unpriced", quality: 1, prices: [] });
    const tiered = aCandidate({
      model: "tiered",
      quality: 0.99,
      headers: { "x-team": "a" },
      prices: [
        { ...aPrice(10n ** 17n + 1n), cacheRead: 1n },
        { ...aPrice(2n), aboveTokens: 10 ** 6 },
      ],
    });
    const decision = decide(aRouteRequest(), policy, [unpriced, tiered, ...candidatesOf(10, 1)], 5);
    const answer = RouterSelectAnswer.parse(
      JSON.parse(JSON.stringify(viewSelection(decision, "digest"))),
    );
    expect(answer.ok && [answer.chosen, ...answer.fallbacks].map(routeOfView)).toEqual(
      decision.ok && [decision.chosen, ...decision.fallbacks],
    );
    expect(answer).toMatchObject({ chosen: { quality: 1, health: { state: "healthy" } } });
  });

  it("says why there is none", () => {
    const answer = viewSelection(decide(aRouteRequest(), policy, [], 5), null);
    expect(RouterSelectAnswer.parse(answer)).toMatchObject({ ok: false, code: "no_candidate" });
  });

  it("is asked for in JSON, with money as text", () => {
    const input = RouterSelectInput.parse({ request: { model: "m", budgetUsd: "0.25" } });
    expect(toRouteRequest(input.request)).toEqual({
      model: "m",
      capabilities: ["text"],
      inputTokens: 1_000,
      maxOutputTokens: 1_000,
      facts: {},
      budget: 250_000_000_000n,
    });
    expect(RouterSelectInput.safeParse({ request: {}, engine: "v3" }).success).toBe(false);
  });
});
