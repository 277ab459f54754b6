import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Information: the approvals that people will be asked for. */
export const approvalNeeded: GateRule = {
  name: "approval_needed",
  finds: "The steps that people will be asked about.",
  gate: "risk",
  verdict: "allow",
  tip: "Nothing to do now: the step waits until somebody who may decide has approved its exact arguments.",
  *judge({ steps }) {
    for (const { name, sensitive, risk, kind } of steps) {
      if (!sensitive) continue;
      const reason = `Step "${name}" is sensitive: it runs only after people have approved it.`;
      yield { step: name, reason, evidence: { kind, risk } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "build" }]),
    fails: examplePlan([{ name: "publish", sensitive: true }]),
  },
};
