import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const sensitiveWithoutOwner: GateRule = {
  name: "sensitive_without_owner",
  finds: "Sensitive, and nobody answers for it.",
  gate: "structural",
  verdict: "warn",
  tip: "Give the item an owner: the person or team that answers for it.",
  *judge({ steps }) {
    const told = new Set<string>();
    for (const step of steps) {
      if (!step.sensitive || step.owner !== null || told.has(step.itemId)) continue;
      told.add(step.itemId);
      yield {
        step: step.name,
        reason: `Step "${step.name}" is sensitive and nobody owns it.`,
        evidence: { item: step.itemId },
      };
    }
  },
  examples: {
    passes: examplePlan([{ name: "publish", sensitive: true, owner: "release-team" }]),
    fails: examplePlan([{ name: "publish", sensitive: true }]),
  },
};
