import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const LIMIT = 100;

const crowd = (size: number) =>
  examplePlan([
    { name: "root" },
    ...Array.from({ length: size }, (_, i) => ({ name: `leaf-${i}`, needs: ["root"] })),
  ]);

export const fanOut: GateRule = {
  name: "fan_out",
  finds: "More than 100 steps hang on one.",
  gate: "structural",
  verdict: "warn",
  tip: "Put a step between, or split the plan: one failure here stops all of them.",
  *judge({ steps }) {
    const dependants = new Map<string, number>();
    for (const step of steps) {
      for (const need of step.needs) dependants.set(need, (dependants.get(need) ?? 0) + 1);
    }
    for (const { name } of steps) {
      const count = dependants.get(name) ?? 0;
      if (count <= LIMIT) continue;
      const reason = `${count} steps hang directly on "${name}".`;
      yield { step: name, reason, evidence: { dependants: count, limit: LIMIT } };
    }
  },
  examples: { passes: crowd(LIMIT), fails: crowd(LIMIT + 1) },
};
