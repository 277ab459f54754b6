import type { PlannedStep } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const LABEL = /^licen[cs]e:(.+)$/i;
const facts = { compliance: { licences: ["MIT", "Apache-2.0"] } };

/** Licences that labels or arguments name, against the tenant's list. */
export const licence: GateRule = {
  name: "licence",
  finds: "Licence:MIT labels and licence arguments that are not on the list.",
  gate: "compliance",
  verdict: "block",
  tip: 'Use something under a licence of the list, or have an admin add this one to the setting "compliance", under licences.',
  *judge({ steps, facts: { compliance } }) {
    const { licences } = compliance ?? {};
    if (licences === undefined) return;
    const allowed = new Set(licences.map((one) => one.toLowerCase()));
    for (const step of steps) {
      const named = [...new Set(licencesOf(step))];
      const refused = named.filter((one) => !allowed.has(one.toLowerCase()));
      if (refused.length === 0) continue;
      const reason = `Step "${step.name}" brings in ${refused.join(", ")}, which is not on the list of licences.`;
      yield { step: step.name, reason, evidence: { licences: refused } };
    }
  },
  examples: {
    passes: examplePlan([{ name: "add", labels: ["licence:MIT"] }], facts),
    fails: examplePlan([{ name: "add", with: { input: { license: "AGPL-3.0" } } }], facts),
  },
};

function licencesOf({ labels, with: args }: PlannedStep): string[] {
  const input = isRecord(args["input"]) ? args["input"] : {};
  const values = [args, input].flatMap((one) => [
    one["licence"],
    one["license"],
    one["licences"],
    one["licenses"],
  ]);
  return [
    ...labels.flatMap((label) => LABEL.exec(label)?.[1] ?? []),
    ...values.flat().filter((value): value is string => typeof value === "string"),
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
