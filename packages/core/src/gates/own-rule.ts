import { z } from "zod";
import { GateKind, StepName, storableText, Verdict } from "../vocabulary/index.ts";
import { RuleExample } from "./rule-example.ts";

/** What a rule is asked about: the plan as a whole, or each of its steps. */
export const RuleScope = z.enum(["plan", "step"]);
export type RuleScope = z.infer<typeof RuleScope>;

/** Who may override a finding: nobody, one person who did not make the plan, or two. */
export const OverridePolicy = z.enum(["none", "one", "two"]);
export type OverridePolicy = z.infer<typeof OverridePolicy>;

/** A tenant's own rule: data. Its condition is CEL and true where it finds something. */
export const OwnRule = z.strictObject({
  name: StepName,
  gate: GateKind,
  scope: RuleScope,
  condition: storableText(2_000, 1),
  verdict: Verdict,
  reason: storableText(500, 1).meta({
    description: "What is wrong, for people: {step} stands for the step's name",
  }),
  tip: storableText(500, 1).meta({ description: "What to do about it" }),
  override: OverridePolicy.default("one"),
  examples: z.array(RuleExample).min(2).max(20),
});
export type OwnRule = z.infer<typeof OwnRule>;

/** Where a condition is wrong: characters from 0, line and column from 1. */
export interface ConditionProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}
