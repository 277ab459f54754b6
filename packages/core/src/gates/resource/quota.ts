import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const facts = { quotas: [{ queue: "default", perDay: 2 }] };

/** More steps than their queue begins in a day: the plan takes longer than that, whatever the workers. */
export const quota: GateRule = {
  name: "quota",
  finds: "More steps for a queue than its rate begins in a day.",
  gate: "resource",
  verdict: "warn",
  tip: "Raise the rate of the queue, spread the plan over days, or send a part of it to another queue.",
  *judge({ steps, facts: { quotas = [] } }) {
    for (const { queue, perDay } of quotas) {
      const wanted = steps.filter((step) => step.queue === queue).length;
      if (wanted <= perDay) continue;
      const reason = `${wanted.toLocaleString("en")} steps go to queue "${queue}", which begins ${perDay.toLocaleString("en")} a day.`;
      yield { step: null, reason, evidence: { queue, wanted, perDay } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "a" }, { name: "b" }], facts),
    fails: examplePlan([{ name: "a" }, { name: "b" }, { name: "c" }], facts),
  },
};
