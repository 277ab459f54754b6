import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const note = {
  rule: "with_unused",
  item: "bug",
  message: "arguments for deploy are not used",
} as const;

export const unusedArguments: GateRule = {
  name: "unused_arguments",
  finds: "Arguments for a step that is not made.",
  gate: "structural",
  verdict: "warn",
  tip: "Name a step that the rule makes, or take the arguments away.",
  *judge({ notes }) {
    for (const { rule, item, message } of notes) {
      if (rule === "with_unused") yield { step: null, reason: message, evidence: { item } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "bug.fix" }]),
    fails: examplePlan([{ name: "bug.fix" }], { notes: [note] }),
  },
};
