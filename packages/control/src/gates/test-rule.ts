import { TestRuleInput, type ExampleOutcome, type TestRuleResult } from "@nofx/core/api";
import { planOfExample, type RuleExample, type RuleScope } from "@nofx/core/gates";
import { sceneOf } from "@nofx/core/gates/conditions";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { checkCondition, conditions } from "../conditions/index.ts";

/** Tries a condition on examples, as it is typed: nothing is read or written. */
export function testRule(
  ctx: MemberContext,
  input: z.input<typeof TestRuleInput>,
): Promise<TestRuleResult> {
  authorise(ctx, "read");
  return tryRule(parseInput(TestRuleInput, input));
}

export async function tryRule(rule: {
  scope: RuleScope;
  condition: string;
  examples: readonly RuleExample[];
}): Promise<TestRuleResult> {
  const problem = checkCondition(rule.condition, rule.scope) ?? null;
  if (problem !== null) return { problem, examples: [], ok: false };
  const examples = await Promise.all(rule.examples.map((example) => tryExample(rule, example)));
  return { problem, examples, ok: examples.every(({ ok }) => ok) };
}

async function tryExample(
  { scope, condition }: { scope: RuleScope; condition: string },
  { name, expect, plan }: RuleExample,
): Promise<ExampleOutcome> {
  const seen = planOfExample(plan);
  const [outcome = { failed: "not evaluated" }] = await conditions.evaluate(
    [{ scope, condition }],
    sceneOf(seen),
  );
  if ("failed" in outcome) {
    return { name, expect, got: "error", ok: false, steps: [], error: outcome.failed };
  }
  const got = outcome.found ? "fail" : "pass";
  const steps = outcome.steps.map((at) => seen.steps[at]?.name ?? "");
  return { name, expect, got, ok: got === expect, steps, error: null };
}
