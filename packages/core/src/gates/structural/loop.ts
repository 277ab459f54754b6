import { findLoops } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const loop: GateRule = {
  name: "loop",
  finds: "Steps wait for each other; names the shortest way round.",
  gate: "structural",
  verdict: "block",
  locked: true,
  tip: "Take one of these needs away.",
  *judge({ steps }) {
    for (const { names, text, size } of findLoops(steps)) {
      const reason = `Steps wait for each other: ${text}.`;
      yield { step: names[0] ?? null, reason, evidence: { loop: names.slice(0, 50), steps: size } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "a" }, { name: "b", needs: ["a"] }]),
    fails: examplePlan([
      { name: "a", needs: ["b"] },
      { name: "b", needs: ["a"] },
    ]),
  },
};
