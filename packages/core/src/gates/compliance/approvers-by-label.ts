import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";
import { requirementsOf } from "./requirements-of.ts";

const facts = {
  compliance: { approvers: { "data:personal": "privacy" } },
  groups: { privacy: 2 },
};

/** The tenant says that steps with a label are approved by a group: that takes an approval. */
export const approversByLabel: GateRule = {
  name: "approvers_by_label",
  finds:
    "A label whose steps a group has to approve, on a step that asks nobody, or for a group without members; otherwise tells which group is asked.",
  gate: "compliance",
  verdict: "block",
  tip: "Mark the item as sensitive, so that the group is asked; or take the label away if it does not belong there.",
  *judge(plan) {
    const sensitive = new Set(plan.steps.flatMap((step) => (step.sensitive ? [step.name] : [])));
    for (const { step, label, group } of requirementsOf(plan.steps, plan.facts)) {
      if ((plan.facts.groups?.[group] ?? 0) === 0) {
        const reason = `Step "${step}" has the label ${label}: ${group} has to approve it, and nobody is in that group.`;
        const tip = `Put people into the group ${group} on the page Approvals.`;
        yield { step, reason, evidence: { label, group }, tip };
      } else if (sensitive.has(step)) {
        const reason = `Step "${step}" waits for the approval of ${group}, because of its label ${label}.`;
        yield {
          step,
          verdict: "allow",
          reason,
          evidence: { label, group },
          tip: "Nothing to do now: the group is asked.",
        };
      } else {
        const reason = `Step "${step}" has the label ${label}: ${group} has to approve it, and it is not sensitive, so nobody would be asked.`;
        yield { step, reason, evidence: { label, group } };
      }
    }
  },
  examples: {
    passes: examplePlan([{ name: "export" }], facts),
    fails: examplePlan([{ name: "export", labels: ["data:personal"] }], facts),
  },
};
