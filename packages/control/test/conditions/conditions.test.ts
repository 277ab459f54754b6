import { ExamplePlan, planOfExample } from "@nofx/core/gates";
import { sceneOf, type Scene } from "@nofx/core/gates/conditions";
import { afterAll, describe, expect, test } from "vitest";
import { checkCondition, createEvaluator } from "../../src/conditions/index.ts";
import { system } from "../../src/seams/index.ts";

const evaluator = createEvaluator(system.clock);
afterAll(() => evaluator.close());

/** A plan of so many steps, the second of them about personal data. */
function scene(count = 3): Scene {
  const [one] = ExamplePlan.parse({ steps: [{ name: "s" }] }).steps;
  const steps = Array.from({ length: count }, (_, i) => ({
    ...one!,
    name: `s${i}`,
    labels: i === 1 ? ["data:personal"] : [],
  }));
  const plan = ExamplePlan.parse({
    steps: [{ name: "s" }],
    facts: { budgets: { costUsdPerPlan: 5 } },
  });
  return sceneOf(planOfExample({ ...plan, steps }));
}

const step = (condition: string) => ({ scope: "step", condition }) as const;
const plan = (condition: string) => ({ scope: "plan", condition }) as const;

// three nested loops over what the plan lists: CEL allows it, and it takes seconds
const SLOW = plan(
  'plan.steps.all(a, plan.steps.all(b, plan.steps.all(c, a.name + b.name + c.name != "never")))',
);
const BACKTRACKING = plan('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")');

describe("checkCondition", () => {
  test.each([
    ['step.risk.exists(r, r == "production") && !step.sensitive', "step"],
    ["has(step.with.timeoutSeconds) && step.with.timeoutSeconds > 600", "step"],
    ["plan.stepCount > 10 && now.getDayOfWeek('UTC') == 5", "plan"],
    ["has(facts.forecast) && facts.forecast.costUsd.p90 > facts.budgets.costUsdPerPlan", "plan"],
    ['step.tools.exists(t, t in facts.tools && facts.tools[t].sensitivity == "critical")', "step"],
  ] as const)("takes %s", (condition, scope) => {
    expect(checkCondition(condition, scope)).toBeUndefined();
  });

  test.each([
    ["step.nam == 'a'", "step", "No such key: nam", 1, 6],
    ["true &&\n  step.priority > 'a'", "step", "no such overload: int > string", 2, 3],
    ["step.name ==", "step", "Unexpected token: EOF", 1, 13],
    ["step.name == 'a'", "plan", "Unknown variable: step", 1, 1],
    ["step.name", "step", "is a string: it has to be true or false", 1, 1],
    [" ", "step", "is empty", 1, 1],
    ["process.exit(1)", "step", "Unknown variable: process", 1, 1],
  ] as const)("refuses %j and says where", (condition, scope, message, line, column) => {
    expect(checkCondition(condition, scope)).toMatchObject({ message, line, column });
  });

  test("limits how much a condition may consist of", () => {
    expect(checkCondition("1 == 1 && ".repeat(190) + "true", "step")?.message).toMatch(
      /AST|nodes/i,
    );
    expect(checkCondition(`${"(".repeat(40)}true${")".repeat(40)}`, "step")).toBeDefined();
  });
});

describe("evaluator", () => {
  test("answers in order: places of steps, and whether the plan is meant", async () => {
    expect(
      await evaluator.evaluate(
        [
          step('"data:personal" in step.labels'),
          plan("plan.stepCount > 2"),
          plan("plan.stepCount > 3"),
        ],
        scene(),
      ),
    ).toEqual([
      { found: true, steps: [1] },
      { found: true, steps: [] },
      { found: false, steps: [] },
    ]);
  });

  test("says of a condition that breaks why, and goes on", async () => {
    const [broken, fine] = await evaluator.evaluate(
      [step("step.with.missing == 1"), plan("true")],
      scene(),
    );
    expect(broken).toEqual({ failed: "No such key: missing" });
    expect(fine).toMatchObject({ found: true });
  });

  test("names the one that hangs, whatever stands around it", async () => {
    const answered = await evaluator.evaluate(
      [plan("true"), SLOW, plan("true"), BACKTRACKING, plan("plan.stepCount == 300")],
      scene(300),
    );
    expect(answered).toMatchObject([
      { found: true },
      { failed: "took longer than 50 ms" },
      { found: true },
      { failed: "took longer than 50 ms" },
      { found: true },
    ]);
    // and the next plan finds a thread that works
    expect(await evaluator.evaluate([plan("true")], scene())).toMatchObject([{ found: true }]);
  });

  test("plans asked about at once do not get each other's answers", async () => {
    const counts = [1, 2, 3, 4, 5, 6, 7, 8];
    const answers = await Promise.all(
      counts.map((count) =>
        evaluator.evaluate(
          [count % 3 === 0 ? BACKTRACKING : plan(`plan.stepCount == ${count}`)],
          scene(count),
        ),
      ),
    );
    expect(answers.flat().map((one) => ("failed" in one ? "failed" : one.found))).toEqual(
      counts.map((count) => (count % 3 === 0 ? "failed" : true)),
    );
  });

  test("a plan too large to be listed is not passed over in silence", async () => {
    const shown = scene(3);
    const { steps: _, ...larger } = shown.plan;
    const [listed] = await evaluator.evaluate([plan("size(plan.steps) < 5")], {
      ...shown,
      plan: larger,
    });
    expect(listed).toEqual({ failed: "No such key: steps" });
  });
});
