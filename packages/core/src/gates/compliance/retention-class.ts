import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const CLASS = /^retention:(\d{1,5})d$/;

/** Labels like `retention:30d` against how long runs are kept here. */
export const retentionClass: GateRule = {
  name: "retention_class",
  finds: "Retention:30d where runs are kept longer.",
  gate: "compliance",
  verdict: "block",
  tip: "Shorten how long this tenant keeps runs (Retention on the page Runs, or npx nofx retention set), or run the item in a tenant that keeps less.",
  *judge({ steps, facts }) {
    const { retentionDays } = facts;
    for (const { name, labels } of steps) {
      const days = labels.flatMap((label) => CLASS.exec(label)?.[1] ?? []).map(Number);
      if (days.length === 0) continue;
      const allowed = Math.min(...days);
      if (retentionDays !== undefined && retentionDays <= allowed) continue;
      const kept = retentionDays === undefined ? "without end" : `for ${retentionDays} days`;
      const reason = `What step "${name}" leaves may be kept for ${allowed} days; runs are kept ${kept}.`;
      yield { step: name, reason, evidence: { allowed, kept: retentionDays ?? null } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "export", labels: ["retention:30d"] }], { retentionDays: 30 }),
    fails: examplePlan([{ name: "export", labels: ["retention:30d"] }], { retentionDays: 90 }),
  },
};
