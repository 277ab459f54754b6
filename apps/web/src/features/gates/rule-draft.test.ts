import type { GateRuleDetail } from "@nofx/core/api";
import { RuleExample } from "@nofx/core/gates";
import { expect, test } from "vitest";
import { readExamples, ruleDraftOf } from "./rule-draft.ts";

test("examples are shown as they were written, and read back as they were saved", () => {
  const written = {
    name: "two",
    expect: "fail",
    plan: {
      steps: [
        { name: "a", risk: ["production"] },
        { name: "b", needs: ["a"], sensitive: true },
      ],
      facts: { now: "2026-11-20T15:00:00Z" },
    },
  };
  const saved = RuleExample.parse(written);
  const draft = ruleDraftOf({ examples: [saved] } as unknown as GateRuleDetail);
  const read = readExamples(draft.examples);
  expect(read).toEqual({ value: [written] });
  expect("value" in read && RuleExample.parse(read.value[0])).toEqual(saved);
});

test("says what is wrong with a text", () => {
  expect(readExamples("{}")).toEqual({
    problem: "A list of examples is needed: [{name, expect, plan}].",
  });
  expect(readExamples("[")).toMatchObject({ problem: /^This is not JSON/ });
});
