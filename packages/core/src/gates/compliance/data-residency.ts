import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const PREFIX = "residency:";
const inEurope = { compliance: { regions: { default: "eu" } } };

/** Labels like `residency:eu` against where the executors of the step's queue are. */
export const dataResidency: GateRule = {
  name: "data_residency",
  finds: "Residency:eu where the queue's workers are elsewhere; where that is not known it warns.",
  gate: "compliance",
  verdict: "block",
  tip: 'Send the step to a queue whose workers are in that region; where they are is the setting "compliance", under regions.',
  *judge({ steps, facts }) {
    const regions = facts.compliance?.regions;
    for (const { name, labels, queue } of steps) {
      const wanted = labels.flatMap((label) =>
        label.startsWith(PREFIX) ? [label.slice(PREFIX.length).toLowerCase()] : [],
      );
      if (wanted.length === 0) continue;
      const own = regions?.queues;
      const region = own !== undefined && Object.hasOwn(own, queue) ? own[queue] : regions?.default;
      if (region === undefined) {
        const reason = `Step "${name}" must stay in ${wanted.join(", ")}, and where the workers of queue "${queue}" are is not known.`;
        yield { step: name, verdict: "warn", reason, evidence: { wanted, queue } };
      } else if (wanted.some((one) => !isWithin(region.toLowerCase(), one))) {
        const reason = `Step "${name}" must stay in ${wanted.join(", ")}; the workers of queue "${queue}" are in ${region}.`;
        yield { step: name, reason, evidence: { wanted, queue, region } };
      }
    }
  },
  examples: {
    passes: examplePlan([{ name: "export", labels: ["residency:eu"] }], inEurope),
    fails: examplePlan([{ name: "export", labels: ["residency:us"] }], inEurope),
  },
};

/** `eu-west-1` is within `eu`. */
function isWithin(region: string, wanted: string): boolean {
  return region === wanted || region.startsWith(`${wanted}-`);
}
