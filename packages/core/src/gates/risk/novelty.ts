import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";
import { workOf } from "../work-of.ts";

/** Information: kinds of work that this tenant has never seen succeed. */
export const novelty: GateRule = {
  name: "novelty",
  finds: "Kinds of work (shell, agent:code.patch) that did not succeed in the last 50 runs.",
  gate: "risk",
  verdict: "allow",
  tip: "Nothing to do now: watch these steps when they run. Raise this rule to warn to have people look first.",
  *judge({ steps, facts }) {
    const { succeeded } = facts;
    if (succeeded === undefined) return;
    const first = new Map<string, string>();
    const count = new Map<string, number>();
    for (const step of steps) {
      const work = workOf(step);
      if (work === undefined || succeeded.has(work)) continue;
      if (!first.has(work)) first.set(work, step.name);
      count.set(work, (count.get(work) ?? 0) + 1);
    }
    for (const [work, step] of first) {
      const times = count.get(work) ?? 1;
      const reason = `No step of ${work} has succeeded here before; this plan has ${times === 1 ? `one, "${step}"` : times}.`;
      yield { step: times === 1 ? step : null, reason, evidence: { work, steps: times } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "build" }], { succeeded: new Set(["shell"]) }),
    fails: examplePlan([{ name: "build" }], { succeeded: new Set() }),
  },
};
