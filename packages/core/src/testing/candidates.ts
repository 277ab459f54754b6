import { UNKNOWN_HEALTH, type Candidate, type RouteRequest } from "../model-router/index.ts";
import { prng } from "./prng.ts";

/** A candidate that can take anything, for a dollar a million tokens. */
export function aCandidate(rest: Partial<Candidate> = {}): Candidate {
  return {
    provider: "acme",
    model: "one",
    region: "default",
    kind: "openai_compatible",
    baseUrl: null,
    headers: {},
    keyName: null,
    contextTokens: null,
    maxOutputTokens: null,
    capabilities: ["text", "json", "tools", "streaming"],
    quality: null,
    prices: [aPrice()],
    priceDigest: "price",
    enabled: true,
    health: UNKNOWN_HEALTH,
    ...rest,
  };
}

/** In picodollars a token; output costs five times input. */
export function aPrice(input = 1_000_000n): Candidate["prices"][number] {
  return {
    input,
    output: input * 5n,
    cacheRead: null,
    cacheWrite: null,
    reasoning: null,
    from: 0,
    aboveTokens: 0,
    own: false,
  };
}

export function aRouteRequest(rest: Partial<RouteRequest> = {}): RouteRequest {
  return { capabilities: ["text"], inputTokens: 1_000, maxOutputTokens: 500, facts: {}, ...rest };
}

/** So many models of ten providers, with prices, qualities, latencies and contexts of their own: the same for the same seed. */
export function candidatesOf(count: number, seed: number): Candidate[] {
  const random = prng(seed);
  const upTo = (n: number) => Math.floor(random() * n);
  return Array.from({ length: count }, (_, i) => {
    const p50Ms = 200 + upTo(4_000);
    const price = aPrice(BigInt(50_000 + upTo(10_000_000)));
    return aCandidate({
      provider: `provider-${i % 10}`,
      model: `model-${i}`,
      contextTokens: 8_000 * 2 ** upTo(6),
      maxOutputTokens: 4_096 * 2 ** upTo(4),
      capabilities: [
        "text",
        "json",
        "tools",
        "streaming",
        ...(upTo(2) === 0 ? ["vision" as const] : []),
      ],
      quality: Math.round(random() * 100) / 100,
      prices: [price, { ...price, from: 1, input: price.input + 1n, cacheRead: price.input / 10n }],
      priceDigest: `digest-${i}`,
      health: {
        state: upTo(20) === 0 ? "degraded" : "healthy",
        errorRate: upTo(5) / 100,
        p50Ms,
        p95Ms: p50Ms * 3,
        rateLimitedUntil: null,
        samples: 10 + upTo(1_000),
      },
    });
  });
}
