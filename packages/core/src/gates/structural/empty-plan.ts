import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const emptyPlan: GateRule = {
  name: "empty_plan",
  finds: "Has no steps.",
  gate: "structural",
  verdict: "block",
  locked: true,
  tip: "Choose at least one item that becomes a step.",
  judge({ steps }) {
    if (steps.length > 0) return [];
    return [{ step: null, reason: "The plan has no steps.", evidence: {} }];
  },
  examples: { passes: examplePlan([{ name: "a" }]), fails: examplePlan([]) },
};
