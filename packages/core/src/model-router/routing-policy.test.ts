import { describe, expect, it } from "vitest";
import { RoutingPolicy } from "./routing-policy.ts";

describe("a policy", () => {
  const parse = (strategy: object) =>
    RoutingPolicy.safeParse({ name: "p", version: 1, rules: [{ strategy }] });

  it("names each target once, gives no weight to nothing, and has nothing that it does not know", () => {
    const twice = [{ model: "a/b" }, { model: "a/b" }];
    expect(parse({ type: "fallback", targets: twice }).success).toBe(false);
    expect(
      parse({ type: "ab", experiment: "x", arms: twice.map((one) => ({ ...one, weight: 1 })) })
        .success,
    ).toBe(false);
    expect(parse({ type: "weighted", targets: [{ model: "a/b", weight: 0 }] }).success).toBe(false);
    expect(parse({ type: "balanced", weights: { cost: 0 } }).success).toBe(false);
    expect(parse({ type: "fallback", targets: [{ model: "b" }] }).success).toBe(false);
    expect(parse({ type: "cost", amongst: [] }).success).toBe(false);
    const regions = [
      { model: "a/b", region: "eu" },
      { model: "a/b", region: "us" },
      { model: "a/*" },
    ];
    expect(parse({ type: "fallback", targets: regions }).success).toBe(true);
  });
});
