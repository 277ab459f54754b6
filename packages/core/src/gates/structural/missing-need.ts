import { nameFinder } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const missingNeed: GateRule = {
  name: "missing_need",
  finds: "A need that is not in the plan.",
  gate: "structural",
  verdict: "block",
  locked: true,
  tip: "Plan the missing item too, or take it out of the needs.",
  *judge({ steps }) {
    const names = new Set(steps.map((step) => step.name));
    const closest = nameFinder(names);
    for (const step of steps) {
      for (const need of step.needs) {
        if (names.has(need)) continue;
        const suggestion = closest(need) ?? null;
        const hint = suggestion === null ? "" : ` Did you mean "${suggestion}"?`;
        yield {
          step: step.name,
          reason: `Step "${step.name}" needs "${need}", which is not in the plan.${hint}`,
          evidence: { needs: need, suggestion },
        };
      }
    }
  },
  examples: {
    passes: examplePlan([{ name: "a" }, { name: "b", needs: ["a"] }]),
    fails: examplePlan([{ name: "b", needs: ["a"] }]),
  },
};
