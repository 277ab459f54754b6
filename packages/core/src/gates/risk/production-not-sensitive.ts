import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const productionNotSensitive: GateRule = {
  name: "production_not_sensitive",
  finds: "Touches production and asks nobody.",
  gate: "risk",
  verdict: "warn",
  tip: "Mark the item as sensitive, so that people approve its exact arguments before it runs.",
  *judge({ steps }) {
    const told = new Set<string>();
    for (const step of steps) {
      if (!step.risk.includes("production") || step.sensitive || step.kind === "approval") continue;
      if (told.has(step.itemId)) continue;
      told.add(step.itemId);
      yield {
        step: step.name,
        reason: `Step "${step.name}" touches production and runs without anybody's approval.`,
        evidence: { item: step.itemId, risk: step.risk },
      };
    }
  },
  examples: {
    passes: examplePlan([{ name: "deploy", risk: ["production"], sensitive: true, owner: "ops" }]),
    fails: examplePlan([{ name: "deploy", risk: ["production"] }]),
  },
};
