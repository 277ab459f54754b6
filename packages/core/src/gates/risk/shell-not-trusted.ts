import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

export const shellNotTrusted: GateRule = {
  name: "shell_not_trusted",
  finds: "A command while the setting shell is off.",
  gate: "risk",
  verdict: "block",
  locked: true,
  tip: 'An admin can set "shell" to "trusted" (commands run without a sandbox) or to "sandboxed".',
  *judge({ steps, facts }) {
    if (facts.shell !== "off") return;
    for (const { name, kind, undo } of steps) {
      if (kind !== "shell" && undo?.kind !== "shell") continue;
      const what = kind === "shell" ? "runs a command" : "is undone by a command";
      const reason = `Step "${name}" ${what}, and this tenant's setting "shell" is "off".`;
      yield { step: name, reason, evidence: { shell: facts.shell } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "build" }], { shell: "trusted" }),
    fails: examplePlan([{ name: "build" }], { shell: "off" }),
  },
};
