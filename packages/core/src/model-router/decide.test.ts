import { describe, expect, it } from "vitest";
import { aCandidate, aPrice, aRouteRequest } from "../testing/index.ts";
import type { Candidate } from "./candidate.ts";
import { decide } from "./decide.ts";
import { decisionDigestInput } from "./decision-digest.ts";
import type { HealthView } from "./health/health-view.ts";
import { priceDigestInput } from "./prices.ts";
import type { RouteRequest } from "./route-request.ts";
import { preparePolicy, RoutingPolicy } from "./routing-policy.ts";

type Draft = Partial<typeof RoutingPolicy._zod.input>;
const prepare = (strategy: object, rest: Draft = {}, compile = () => (): boolean => true) =>
  preparePolicy(
    RoutingPolicy.parse({ name: "p", version: 3, rules: [{ strategy }], ...rest }),
    compile,
  );
const health = (rest: Partial<HealthView>): HealthView => ({ ...aCandidate().health, ...rest });
const choose = (
  strategy: object,
  candidates: readonly Candidate[],
  request: Partial<RouteRequest> = {},
  rest: Draft = {},
) => decide(aRouteRequest(request), prepare(strategy, rest), candidates, 10);
const route = (...args: Parameters<typeof choose>) => {
  const decision = choose(...args);
  if (!decision.ok) return decision.code;
  return [decision.chosen, ...decision.fallbacks].map(({ model }) => model).join(" ");
};

const cheap = aCandidate({ model: "cheap", prices: [aPrice(1n)], quality: 0.2 });
const dear = aCandidate({
  provider: "other",
  model: "dear",
  prices: [aPrice(100n)],
  quality: 0.9,
  health: health({ p50Ms: 50, p95Ms: 80, samples: 20 }),
});
const middle = aCandidate({
  model: "middle",
  prices: [aPrice(10n)],
  quality: 0.6,
  health: health({ p50Ms: 500, p95Ms: 900, samples: 20 }),
});
const all = [middle, cheap, dear];

describe("strategies", () => {
  it("order by cost, latency, quality, or all of these", () => {
    // another provider stands in first
    expect(route({ type: "cost" }, all)).toBe("cheap dear middle");
    expect(route({ type: "latency" }, all)).toBe("dear middle cheap");
    expect(route({ type: "quality" }, all)).toBe("dear middle cheap");
    expect(route({ type: "balanced", weights: { cost: 1 } }, all)).toBe("cheap dear middle");
    expect(route({ type: "balanced", weights: { cost: 0.1, quality: 1 } }, all)).toBe(
      "dear middle cheap",
    );
  });

  it("do not depend on the order of candidates where nothing else decides", () => {
    const same = ["c", "a", "b"].map((model) => aCandidate({ model }));
    for (const type of ["cost", "latency", "quality"]) {
      expect(route({ type }, same)).toBe("a b c");
      expect(route({ type }, same.toReversed())).toBe("a b c");
    }
    expect(route({ type: "balanced", weights: { cost: 1 } }, same)).toBe("a b c");
  });

  it("take errors off the balance", () => {
    const failing = { ...cheap, health: health({ errorRate: 0.9, samples: 10 }) };
    const weights = { cost: 1, quality: 0.1 };
    expect(route({ type: "balanced", weights }, [cheap, dear])).toBe("cheap dear");
    expect(route({ type: "balanced", weights }, [failing, dear])).toBe("dear cheap");
  });

  it("tell cheap from dear beside a model that costs nothing", () => {
    const free = { ...cheap, provider: "house", model: "free", prices: [aPrice(0n)] };
    const weights = { cost: 1, quality: 0.1 };
    expect(route({ type: "balanced", weights }, [dear, cheap, free])).toBe("free cheap dear");
  });

  it("put what is degraded last, and leave what is open alone", () => {
    const unwell = { ...cheap, health: health({ state: "degraded" }) };
    expect(route({ type: "cost" }, [middle, unwell, dear])).toBe("middle dear cheap");
    expect(route({ type: "cost" }, [middle, { ...cheap, health: health({ state: "open" }) }])).toBe(
      "middle",
    );
  });

  it("try what was left alone, if that is what they would choose, with others behind it", () => {
    const half = { ...cheap, health: health({ state: "half_open" }) };
    const decision = choose({ type: "cost" }, [middle, half]);
    expect(decision).toMatchObject({
      ok: true,
      chosen: { model: "cheap", trial: true },
      fallbacks: [{ model: "middle", trial: false }],
    });
  });

  it("measure a model that nobody has measured, for a few of the calls", () => {
    let explored = 0;
    for (let i = 0; i < 2_000; i++) {
      const first = route({ type: "latency", explorePercent: 5 }, all, { callKey: `call-${i}` });
      if (first.startsWith("cheap")) explored++;
    }
    expect(explored).toBeGreaterThan(60);
    expect(explored).toBeLessThan(140);
    // nothing to draw by: nothing is explored
    expect(route({ type: "latency", explorePercent: 100 }, all)).toMatch(/^dear/);
  });

  it("follow a chain in its order, in which a pattern stands for the cheapest of it first", () => {
    const targets = [{ model: "other/dear" }, { model: "acme/*" }];
    expect(route({ type: "fallback", targets }, all)).toBe("dear cheap middle");
    expect(
      route({ type: "fallback", targets }, [cheap, { ...dear, health: health({ state: "open" }) }]),
    ).toBe("cheap");
    expect(route({ type: "fallback", targets }, all, {}, { maxFallbacks: 1 })).toBe("dear cheap");
    const eu = { ...cheap, region: "eu", prices: [aPrice(50n)] };
    const inEu = [{ model: "acme/cheap", region: "eu" }];
    expect(choose({ type: "fallback", targets: inEu }, [cheap, eu])).toMatchObject({
      chosen: { region: "eu" },
      fallbacks: [],
    });
  });

  it("of v1 are the order of the list, else of the catalogue", () => {
    const v1 = { engine: "v1" } as const;
    expect(route({ type: "cost" }, all, {}, v1)).toBe("middle cheap dear");
    const targets = [{ model: "acme/*" }, { model: "other/dear" }];
    expect(route({ type: "fallback", targets }, all, {}, v1)).toBe("middle cheap dear");
    const canary = {
      canary: { model: "acme/cheap" },
      percent: 100,
      stable: [{ model: "other/dear" }, { model: "acme/middle" }],
    };
    expect(route({ type: "canary", ...canary }, all, {}, v1)).toBe("dear middle cheap");
    expect(route({ type: "cost" }, all, { model: "cheap" }, v1)).toBe("cheap");
  });
});

describe("rules", () => {
  const rules = [
    { when: "first", strategy: { type: "fallback", targets: [{ model: "acme/middle" }] } },
    { strategy: { type: "cost" } },
  ];
  const with_ = (holds: () => boolean) =>
    decide(
      aRouteRequest(),
      prepare({}, { rules } as Draft, () => holds),
      all,
      10,
    );

  it("are asked from the top; one that cannot be told does not hold", () => {
    expect(with_(() => true)).toMatchObject({ chosen: { model: "middle" }, fallbacks: [] });
    expect(with_(() => false)).toMatchObject({ chosen: { model: "cheap" } });
    const failing = () => {
      throw new Error("no such key");
    };
    expect(with_(failing)).toMatchObject({ chosen: { model: "cheap" } });
  });

  it("do not pass a request on that they cannot place: it may be there for a reason", () => {
    const decision = decide(aRouteRequest(), prepare({}, { rules } as Draft), [cheap, dear], 10);
    expect(decision).toMatchObject({ ok: false, code: "no_candidate" });
  });

  it("bind those who name a model by what they allow, not by what they choose among", () => {
    const eu = {
      rules: [
        {
          allow: [{ model: "acme/*" }],
          strategy: { type: "cost", among: [{ model: "acme/cheap" }] },
        },
      ],
    };
    expect(route({}, all, { model: "acme/middle" }, eu as Draft)).toBe("middle");
    expect(route({}, all, { model: "other/dear" }, eu as Draft)).toBe("no_candidate");
    expect(route({}, all, {}, eu as Draft)).toBe("cheap");
  });
});

describe("a request for one model", () => {
  it("gets that one, by its whole name, its name or an alias, and never another", () => {
    const aliased = { ...cheap, aliases: ["cheap-2026*", "mini"] };
    for (const model of ["acme/cheap", "cheap", "mini", "acme/cheap-2026-01-01"]) {
      expect(route({ type: "quality" }, [aliased, middle, dear], { model })).toBe("cheap");
    }
    expect(
      route({ type: "quality" }, [{ ...middle, aliases: ["dear"] }, dear], { model: "dear" }),
    ).toBe("dear");
    for (const model of ["auto", "policy:p", ""]) {
      expect(route({ type: "quality" }, [aliased, middle], { model })).toBe("middle cheap");
    }
    const open = { ...cheap, health: health({ state: "open" }) };
    expect(route({ type: "quality" }, [open, middle], { model: "cheap" })).toBe(
      "providers_unhealthy",
    );
  });

  it("gets that one first and the policy's behind it, where the policy says so", () => {
    const first = { named: "first" } as const;
    expect(route({ type: "cost" }, all, { model: "middle" }, first)).toBe("middle cheap dear");
    const open = { ...middle, health: health({ state: "open" }) };
    expect(route({ type: "cost" }, [open, cheap, dear], { model: "middle" }, first)).toBe(
      "cheap dear",
    );
    expect(route({ type: "cost" }, all, { model: "acme/none" }, first)).toBe("model_unknown");
  });

  it("is told what else there is", () => {
    expect(choose({ type: "cost" }, all, { model: "openai/cheap" })).toMatchObject({
      code: "model_unknown",
      message: expect.stringContaining("Did you mean acme/cheap?") as string,
    });
  });
});

describe("what cannot be placed", () => {
  const cases: [string, Partial<RouteRequest>, readonly Candidate[], Draft?][] = [
    ["no_candidate", {}, []],
    ["no_candidate", {}, [{ ...cheap, enabled: false }]],
    ["capability_missing", { capabilities: ["vision"] }, all],
    ["context_too_long", {}, [{ ...cheap, contextTokens: 1_499 }]],
    ["output_too_long", {}, [{ ...cheap, maxOutputTokens: 499 }]],
    ["residency_unmet", { residency: ["eu"] }, all],
    ["quality_unmet", { qualityFloor: 0.95 }, all],
    ["quality_unmet", { qualityFloor: 0 }, [{ ...cheap, quality: null }]],
    ["price_missing", {}, [{ ...cheap, prices: [] }]],
    ["price_missing", { budget: 1n }, [{ ...cheap, prices: [{ ...aPrice(), from: 11 }] }]],
    ["over_budget", { budget: 3_499n }, [cheap]],
    ["over_budget", { budget: 3_499n, expectedOutputTokens: 1 }, [cheap]],
    ["deadline_unmet", { deadlineMs: 70 }, [dear]],
    [
      "deadline_unmet",
      { deadlineMs: 70 },
      [{ ...dear, health: health({ p95Ms: 71, samples: 5 }) }],
    ],
    ["providers_unhealthy", {}, [{ ...cheap, health: health({ state: "open" }) }]],
    ["rate_limited", {}, [{ ...cheap, health: health({ rateLimitedUntil: 500 }) }]],
    // the last hurdle that any came to
    [
      "context_too_long",
      { capabilities: ["tools"] },
      [
        { ...cheap, capabilities: ["text"] },
        { ...dear, contextTokens: 1 },
      ],
    ],
  ];
  it.each(cases)("is refused with %s", (code, request, candidates, rest) => {
    const decision = choose({ type: "cost" }, candidates, request, rest);
    expect(decision).toMatchObject({ ok: false, code });
    if (decision.ok) return;
    expect(decision.retryAt).toBe(code === "rate_limited" ? 500 : null);
    expect(decision.rejected).toHaveLength(candidates.length);
  });

  it("is refused where no rule holds", () => {
    const rules = [{ when: "no", strategy: { type: "cost" } }];
    const policy = prepare({}, { rules } as Draft, () => () => false);
    expect(decide(aRouteRequest(), policy, all, 10)).toMatchObject({ ok: false, code: "no_rule" });
  });

  it("is not what fits to the last token, picodollar and instant", () => {
    const exact = {
      ...cheap,
      contextTokens: 1_500,
      maxOutputTokens: 500,
      health: health({ rateLimitedUntil: 10, p95Ms: 100, samples: 5 }),
    };
    expect(
      route({ type: "cost" }, [exact], { budget: 3_500n, deadlineMs: 100, qualityFloor: 0.2 }),
    ).toBe("cheap");
  });

  it("is not what has been measured too seldom to be called slow", () => {
    const seldom = { ...cheap, health: health({ p95Ms: 71, samples: 4 }) };
    expect(route({ type: "cost" }, [seldom], { deadlineMs: 70 })).toBe("cheap");
  });

  it("is not what has no price where nothing needs one", () => {
    const unpriced = { ...dear, prices: [] };
    expect(route({ type: "quality" }, [unpriced])).toBe("dear");
    expect(route({ type: "quality" }, [unpriced], {}, { unpriced: "refuse" })).toBe(
      "price_missing",
    );
  });
});

describe("a decision", () => {
  const near = (times: number) => 1 / (1 + Math.log2(times));

  it("says why, and how the others did", () => {
    const decision = choose({ type: "cost" }, [...all, { ...cheap, model: "off", enabled: false }]);
    expect(decision).toMatchObject({
      reason:
        "acme/cheap@default costs 0.0000000035 USD, the least of 3 that can (rule 1 of p v3, cost, v2).",
      scores: [
        { model: "cheap", rank: 0, score: 1, parts: { cost: 1, latency: null, quality: 0.2 } },
        { model: "dear", rank: 1, score: near(100), parts: { latency: 1, reliability: 1 } },
        { model: "middle", rank: 2, score: near(10), parts: { cost: near(10), latency: near(10) } },
      ],
      rejected: [{ model: "off", why: "disabled", detail: "It is switched off." }],
    });
  });

  it("tells what it costs likely and at most", () => {
    const price = { ...aPrice(10n), cacheWrite: 12n, cacheRead: 1n, reasoning: 60n };
    const request = { expectedOutputTokens: 100 };
    expect(choose({ type: "cost" }, [{ ...cheap, prices: [price] }], request)).toMatchObject({
      chosen: { estimatedCost: 1_000n * 10n + 100n * 50n, highestCost: 1_000n * 12n + 500n * 60n },
    });
  });

  it("has another digest when policy, prices, health or request are others", () => {
    const digest = (
      request: Partial<RouteRequest> = {},
      one: Partial<Candidate> = {},
      rest: Draft = {},
    ) => decisionDigestInput(choose({ type: "cost" }, [{ ...cheap, ...one }, dear], request, rest));
    const digests = [
      digest(),
      digest({ budget: 10n ** 12n }),
      digest({ facts: { team: "a" } }),
      digest({}, { priceDigest: "other" }),
      digest({}, { health: health({ errorRate: 0.1 }) }),
      digest({}, {}, { version: 4 }),
      digest({}, { enabled: false }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digest({ capabilities: ["text", "json"] })).toBe(
      digest({ capabilities: ["json", "text"] }),
    );
  });

  it("knows prices by a digest that their order does not change", () => {
    const prices = [aPrice(1n), { ...aPrice(2n), from: 5 }];
    expect(priceDigestInput(prices)).toBe(priceDigestInput(prices.toReversed()));
    expect(priceDigestInput(prices)).not.toBe(priceDigestInput([aPrice(1n)]));
  });
});
