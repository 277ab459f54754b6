import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const note = { rule: "no_rule", item: "vague", message: "no plan rule fits" } as const;

export const unplannedItem: GateRule = {
  name: "unplanned_item",
  finds: "An item that no plan rule makes work of.",
  gate: "structural",
  verdict: "warn",
  tip: "Give the item a kind, a type, or a label like capability:code.patch; or add a plan rule that fits it.",
  *judge({ notes }) {
    for (const { rule, item, message } of notes) {
      if (rule === "no_rule") yield { step: null, reason: message, evidence: { item } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "a" }]),
    fails: examplePlan([{ name: "a" }], { notes: [note] }),
  },
};
