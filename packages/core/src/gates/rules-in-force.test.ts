import { describe, expect, test } from "vitest";
import { examplePlan } from "./example-plan.ts";
import { judgePlan } from "./judge-plan.ts";
import { overall } from "./verdicts.ts";
import {
  rulesDigestInput,
  rulesInForce,
  toGateRule,
  type BuiltInSetting,
  type ConditionOutcome,
  type StoredOwnRule,
} from "./rules-in-force.ts";

const setting = (name: string, more: Partial<BuiltInSetting> = {}): BuiltInSetting => ({
  origin: "built_in",
  name,
  version: 2,
  enabled: true,
  verdict: null,
  override: null,
  ...more,
});

const own = (more: Partial<StoredOwnRule> = {}): StoredOwnRule => ({
  origin: "own",
  name: "house",
  version: 3,
  enabled: true,
  gate: "risk",
  scope: "step",
  condition: "true",
  verdict: "warn",
  reason: "{step} it is.",
  tip: "Do.",
  override: "one",
  examples: [],
  ...more,
});

const found = (rule: StoredOwnRule, outcome?: ConditionOutcome) => {
  const [inForce] = rulesInForce([rule]).filter(({ origin }) => origin === "own");
  const plan = examplePlan([{ name: "a" }, { name: "b" }]);
  return judgePlan(plan, [toGateRule(inForce!, outcome)]).flatMap(({ findings }) => findings);
};

describe("rules of the product", () => {
  test("hold as they are until a tenant says otherwise, and those that are locked hold for all", () => {
    const rules = rulesInForce([
      setting("no_owner", { verdict: "block" }),
      setting("fan_out", { enabled: false, override: "two" }),
      setting("loop", { enabled: false, verdict: "allow", override: "one" }),
    ]);
    const of = (name: string) => rules.find((rule) => rule.name === name);
    expect(of("no_owner")).toMatchObject({ verdict: "block", override: "two", version: 2 });
    expect(of("fan_out")).toMatchObject({ enabled: false, verdict: "warn", override: "two" });
    expect(of("loop")).toMatchObject({
      enabled: true,
      verdict: "block",
      override: "none",
      locked: true,
    });
    expect(of("secret_in_arguments")).toMatchObject({
      version: 1,
      verdict: "block",
      override: "two",
    });
    const plan = examplePlan([{ name: "a" }]);
    expect(overall(judgePlan(plan, [toGateRule(of("no_owner")!)])).verdict).toBe("block");
  });
});

describe("a rule of a tenant's own", () => {
  test("finds the steps that its condition is true of, in its words and version", () => {
    expect(found(own(), { found: true, steps: [1] })).toEqual([
      {
        rule: "house",
        version: 3,
        verdict: "warn",
        step: "b",
        reason: "b it is.",
        evidence: {},
        tip: "Do.",
      },
    ]);
    expect(found(own(), { found: false, steps: [] })).toEqual([]);
    expect(found(own({ scope: "plan" }), { found: true, steps: [] })).toMatchObject([
      { step: null },
    ]);
  });

  test.each([
    ["block", "block"],
    ["warn", "warn"],
    ["allow", "warn"],
  ] as const)("that could not be evaluated and says %s is found as %s", (verdict, as) => {
    expect(found(own({ verdict }), { failed: "took longer than 50 ms" })).toMatchObject([
      { verdict: as, step: null },
    ]);
    expect(found(own({ verdict }))).toMatchObject([{ verdict: as }]);
  });
});

describe("the digest of the rules", () => {
  const digest = (...stored: Parameters<typeof rulesInForce>[0]) =>
    rulesDigestInput(rulesInForce(stored));

  test("changes with each version, and with what is switched on or off", () => {
    const texts = [
      digest(),
      digest(setting("fan_out")),
      digest(setting("fan_out", { version: 3 })),
      digest(setting("fan_out", { enabled: false })),
      digest(own()),
      digest(own({ version: 4 })),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    // a rule that is switched off judges nothing: its next version is nobody's concern
    expect(digest(own({ enabled: false }))).toBe(digest());
  });
});
