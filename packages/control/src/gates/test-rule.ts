import { TestRuleInput, type ExampleOutcome, type TestRuleResult } from "@nofx/core/api";
import { planOfExample, type RuleExample, type RuleScope } from "@nofx/core/gates";
import { sceneOf } from "@nofx/core/gates/conditions";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { checkCondition, conditions, inTurn, TOOK_LONGER } from "../conditions/index.ts";

/** Tries a condition on examples, as it is typed: nothing is read or written. */
export async function testRule(
  ctx: MemberContext,
  input: z.input<typeof TestRuleInput>,
): Promise<TestRuleResult> {
  authorise(ctx, "gate.manage");
  const draft = parseInput(TestRuleInput, input);
  return inTurn(ctx.tenantId, () => tryRule(draft));
}

export async function tryRule(rule: {
  scope: RuleScope;
  condition: string;
  examples: readonly RuleExample[];
}): Promise<TestRuleResult> {
  const problem = checkCondition(rule.condition, rule.scope) ?? null;
  if (problem !== null) return { problem, examples: [], ok: false };
  // one after the other, and none behind one that took too long: the thread is everybody's
  const examples: ExampleOutcome[] = [];
  let spent = false;
  for (const example of rule.examples) {
    const outcome: ExampleOutcome = spent ? notReached(example) : await tryExample(rule, example);
    spent ||= outcome.error?.startsWith(TOOK_LONGER) === true;
    examples.push(outcome);
  }
  return { problem, examples, ok: examples.every(({ ok }) => ok) };
}

function notReached({ name, expect }: RuleExample): ExampleOutcome {
  const error = "not tried: an example before it took too long";
  return { name, expect, got: "error", ok: false, steps: [], error };
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
