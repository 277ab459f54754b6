import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const sandboxUnavailable: GateRule = {
  name: "sandbox_unavailable",
  finds: "Commands are to be sandboxed and cannot be.",
  gate: "risk",
  verdict: "block",
  locked: true,
  tip: 'Install the sandbox tools on the workers, or let an admin set "shell" to "trusted".',
  *judge({ steps, facts }) {
    if (facts.shell !== "sandboxed" || facts.sandboxAvailable) return;
    for (const { name, kind, undo } of steps) {
      if (kind !== "shell" && undo?.kind !== "shell") continue;
      const what = kind === "shell" ? "runs a command" : "is undone by a command";
      const reason = `Step "${name}" ${what}, this tenant wants commands sandboxed, and no sandbox is available.`;
      yield { step: name, reason, evidence: { shell: facts.shell, sandboxAvailable: false } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "build" }], { shell: "sandboxed", sandboxAvailable: true }),
    fails: examplePlan([{ name: "build" }], { shell: "sandboxed", sandboxAvailable: false }),
  },
};
