import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Information: of sensitive steps the rule sensitive_without_owner warns. */
export const noOwner: GateRule = {
  name: "no_owner",
  finds: "Items without an owner, counted.",
  gate: "structural",
  verdict: "allow",
  tip: "Give items an owner: whoever is asked when a step fails.",
  *judge({ steps }) {
    const items = new Set(steps.map((step) => step.itemId));
    const owned = new Set(steps.flatMap((step) => (step.owner === null ? [] : [step.itemId])));
    const without = [...items].filter((item) => !owned.has(item));
    if (without.length === 0) return;
    const shown = without.slice(0, 20);
    yield {
      step: null,
      reason: `${without.length} of ${items.size} items ${without.length === 1 ? "has" : "have"} no owner: ${shown.join(", ")}${without.length > 20 ? ", ..." : ""}.`,
      evidence: { items: shown, count: without.length },
    };
  },
  examples: {
    passes: examplePlan([{ name: "a", owner: "team" }]),
    fails: examplePlan([{ name: "a" }]),
  },
};
