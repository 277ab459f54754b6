import { decide, RoutingPolicy, type RouteRequest } from "@nofx/core/model-router";
import { aCandidate, aRouteRequest } from "@nofx/core/testing";
import { describe, expect, it } from "vitest";
import {
  checkRouteCondition,
  compileRouteCondition,
  prepareRoutingPolicy,
} from "../../src/routing/compile-condition.ts";

/** Whether a condition holds for a request, by the rule that a decision picks. */
function holds(when: string, request: Partial<RouteRequest>): boolean {
  const rules = [{ when, strategy: { type: "cost" } }, { strategy: { type: "quality" } }];
  const policy = prepareRoutingPolicy(RoutingPolicy.parse({ name: "p", version: 1, rules }));
  return decide(aRouteRequest(request), policy, [aCandidate()], 0).facts.policy.rule === 0;
}

describe("conditions of routing rules", () => {
  it.each<[string, Partial<RouteRequest>, boolean]>([
    ["request.inputTokens > 8000", { inputTokens: 8_001 }, true],
    ["request.inputTokens > 8000", { inputTokens: 8_000 }, false],
    ["request.tools && !request.vision", { capabilities: ["tools"] }, true],
    ['request.model.startsWith("openai/")', { model: "openai/gpt-5" }, true],
    ['request.residency == "eu"', { residency: ["eu"] }, true],
    ["request.budgetUsd > 0.5", { budget: 600_000_000_000n }, true],
    ['facts.team == "search"', { facts: { team: "search" } }, true],
    ['facts.team in ["search", "ads"]', { facts: { team: "ads" } }, true],
    ["facts.priority >= 3", { facts: { priority: 3 } }, true],
    ["facts.priority < 2.5", { facts: { priority: 3 } }, false],
    ["facts.internal", { facts: { internal: true } }, true],
    // what is no boolean does not hold
    ["facts.internal", { facts: { internal: "yes" } }, false],
    ['"team" in facts && facts.team == "x"', {}, false],
    // what is absent cannot be told, and what cannot be told does not hold, either way
    ['facts.team == "x"', {}, false],
    ['facts.team != "x"', {}, false],
    ["facts.n + 1 > 0", { facts: { n: "a" } }, false],
  ])("%s", (when, request, expected) => {
    expect(holds(when, request)).toBe(expected);
  });

  it.each([
    "request.",
    "",
    "request.inputTokens",
    "request.nothing == 1",
    "other.x",
    "request.inputTokens == 'a'",
    // what loops, or runs a pattern, or has nothing to do here
    "[1, 2].exists(x, x == 1)",
    "[1].map(x, x).size() > 0",
    "has(facts.x)",
    'request.model.matches("(a+)+$")',
    "cel.bind(x, 1, x == 1)",
    "timestamp('2020-01-01T00:00:00Z') == timestamp('2020-01-01T00:00:00Z')",
    "{'a': 1}.size() > 0",
    Array.from({ length: 200 }, () => "true").join(" && "),
    `${"(".repeat(50)}true${")".repeat(50)}`,
    `request.model in [${Array.from({ length: 60 }, () => "'a'").join(",")}]`,
  ])("refuses %s, and says where", (when) => {
    const problem = checkRouteCondition(when);
    expect(problem).toMatchObject({ message: expect.stringMatching(/\S/) as string });
    expect(problem?.column).toBeGreaterThan(0);
    expect(() => compileRouteCondition(when)).toThrow(RangeError);
  });

  it("are compiled once", () => {
    const when = "request.inputTokens > 17";
    expect(compileRouteCondition(when)).toBe(compileRouteCondition(when));
  });

  it("name what to write instead", () => {
    expect(checkRouteCondition("has(facts.x)")?.message).toContain("in facts");
    expect(checkRouteCondition('request.model.matches("a")')?.message).toContain("contains");
  });
});
