import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Judged by item: where one item becomes several steps, its undo hangs on the step that makes the change. */
export const irreversibleWithoutUndo: GateRule = {
  name: "irreversible_without_undo",
  finds: "Irreversible, and nothing takes it back.",
  gate: "structural",
  verdict: "warn",
  tip: "Give the item an undo: the command or request that takes its effect back. If there is none, approving the plan accepts that.",
  *judge({ steps }) {
    const undone = new Set(steps.filter((step) => step.undo !== null).map((step) => step.itemId));
    for (const step of steps) {
      if (!step.risk.includes("irreversible") || step.kind === "approval") continue;
      if (undone.has(step.itemId)) continue;
      undone.add(step.itemId);
      yield {
        step: step.name,
        reason: `Step "${step.name}" cannot be reversed, and nothing is declared that would compensate for it.`,
        evidence: { item: step.itemId, risk: step.risk },
      };
    }
  },
  examples: {
    passes: examplePlan([
      {
        name: "publish",
        risk: ["irreversible"],
        undo: { kind: "shell", with: { command: ["npm", "deprecate"] } },
      },
    ]),
    fails: examplePlan([{ name: "publish", risk: ["irreversible"] }]),
  },
};
