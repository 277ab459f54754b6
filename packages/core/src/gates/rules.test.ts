import { describe, expect, test } from "vitest";
import { Finding as ApiFinding } from "../api/index.ts";
import { JUDGING_GATES, judgePlan } from "./judge-plan.ts";
import { GATE_RULES } from "./rules.ts";

describe.each(GATE_RULES.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  const found = (plan: typeof rule.examples.passes) =>
    judgePlan(plan).flatMap(({ findings }) => findings.filter((finding) => finding.rule === name));

  test("says what it looks for", () => {
    expect(rule.finds).toMatch(/^[A-Z].{10,}\.$/);
  });

  test("finds nothing in its passing example", () => {
    expect(found(rule.examples.passes)).toEqual([]);
  });

  test("finds something in its failing example, in words and by the published shape", () => {
    const findings = found(rule.examples.fails);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(finding.verdict).toBe(rule.verdict);
      expect(finding.reason).toMatch(/\S/);
      expect(finding.tip).toMatch(/\.$/);
      expect(ApiFinding.safeParse(finding).error).toBeUndefined();
    }
  });

  test("its passing example is clean for every other rule too", () => {
    const others = judgePlan(rule.examples.passes).filter(({ verdict }) => verdict !== "allow");
    expect(others).toEqual([]);
  });
});

test("rules have names of their own and belong to a gate that judges", () => {
  const names = GATE_RULES.map((rule) => rule.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { gate } of GATE_RULES) expect(JUDGING_GATES).toContain(gate);
});
