import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aPlannedStep, numRuns } from "../testing/index.ts";
import { judgePlan } from "./judge-plan.ts";
import type { PlanUnderJudgement } from "./rule.ts";
import { overall, scoreOf, verdictsByStep, worstVerdict } from "./verdicts.ts";

function judged(
  steps: Parameters<typeof aPlannedStep>[0][],
  overrides: Partial<PlanUnderJudgement> = {},
) {
  const facts = { shell: "trusted", sandboxAvailable: false } as const;
  const planned = steps.map((step) => aPlannedStep({ owner: "team", ...step }));
  return judgePlan({ steps: planned, notes: [], facts, ...overrides });
}

const rulesOf = (evaluations: ReturnType<typeof judged>) =>
  evaluations.flatMap(({ findings }) => findings.map(({ rule, step }) => [rule, step]));

describe("judgePlan", () => {
  test("gives one evaluation a gate, and a clean plan full marks", () => {
    expect(judged([{ name: "a" }])).toEqual([
      { gate: "structural", verdict: "allow", score: 100, findings: [] },
      { gate: "risk", verdict: "allow", score: 100, findings: [] },
      { gate: "compliance", verdict: "allow", score: 100, findings: [] },
      { gate: "resource", verdict: "allow", score: 100, findings: [] },
    ]);
  });

  test("a release: one warning about what cannot be undone, one approval announced", () => {
    const evaluations = judged([
      { name: "test" },
      { name: "build", needs: ["test"] },
      { name: "publish", needs: ["build"], risk: ["irreversible"], sensitive: true, owner: "team" },
    ]);
    expect(rulesOf(evaluations)).toEqual([
      ["irreversible_without_undo", "publish"],
      ["approval_needed", "publish"],
    ]);
    expect(overall(evaluations)).toEqual({ verdict: "warn", score: 90 });
    expect([...verdictsByStep(evaluations)]).toEqual([["publish", "warn"]]);
  });

  test("an item of several steps is warned of once, and its undo counts wherever it hangs", () => {
    const bug = { itemId: "bug", risk: ["irreversible" as const] };
    const steps = [
      { name: "bug.fix", ...bug },
      { name: "bug.test", needs: ["bug.fix"], ...bug },
    ];
    expect(rulesOf(judged(steps))).toEqual([["irreversible_without_undo", "bug.fix"]]);
    expect(
      rulesOf(
        judged([{ ...steps[0]!, undo: { kind: "shell", with: { command: ["undo"] } } }, steps[1]!]),
      ),
    ).toEqual([]);
  });

  test("names a loop by its shortest way round, and a step that needs itself", () => {
    const evaluations = judged([
      { name: "a", needs: ["b"] },
      { name: "b", needs: ["c", "a"] },
      { name: "c", needs: ["a"] },
      { name: "d", needs: ["d"] },
    ]);
    expect(evaluations[0]?.findings.map(({ reason }) => reason)).toEqual([
      "Steps wait for each other: d -> d.",
      "Steps wait for each other: a -> b -> a.",
      'Step "c" can never begin: something it waits for cannot.',
    ]);
    expect(overall(evaluations)).toEqual({ verdict: "block", score: 20 });
  });

  test("suggests a name for what is missing", () => {
    const [structural] = judged([{ name: "build" }, { name: "pack", needs: ["biuld"] }]);
    expect(structural?.findings[0]?.reason).toContain('Did you mean "build"?');
  });

  test("thousands of findings of one rule become a hundred and a number", () => {
    const steps = Array.from({ length: 3_000 }, (_, i) => ({ name: `s${i}` }));
    const facts = { shell: "off", sandboxAvailable: false } as const;
    const findings = judged(steps, { facts })[1]?.findings;
    expect(findings).toHaveLength(101);
    expect(findings?.at(-1)?.reason).toBe("The same is true in 2,900 more places.");
  });
});

describe("scores", () => {
  const verdicts = fc.array(fc.constantFrom("allow" as const, "warn" as const, "block" as const));

  test("lie between 0 and 100, and a worse verdict never scores better", () => {
    fc.assert(
      fc.property(verdicts, verdicts, (a, b) => {
        const rank = { allow: 0, warn: 1, block: 2 };
        expect(scoreOf(a)).toBeGreaterThanOrEqual(0);
        expect(scoreOf(a)).toBeLessThanOrEqual(100);
        fc.pre(rank[worstVerdict(a)] > rank[worstVerdict(b)]);
        expect(scoreOf(a)).toBeLessThan(scoreOf(b));
      }),
      numRuns(10_000),
    );
  });
});
