import type { PlannedStep } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Steps that touch production in one plan, and steps that stop when one risky step fails. */
const MAX_TARGETS = 20;
const MAX_BEHIND = 50;

const fleet = (size: number) =>
  examplePlan(
    Array.from({ length: size }, (_, i) => ({
      name: `deploy-${i}`,
      risk: ["production"] as const,
      sensitive: true,
      owner: "ops",
    })),
  );

export const blastRadius: GateRule = {
  name: "blast_radius",
  finds:
    "More than 20 production steps in one plan, or more than 50 steps built on one that cannot be reversed.",
  gate: "risk",
  verdict: "warn",
  tip: "Split the plan into waves: a few targets first, the rest when they are well.",
  *judge({ steps }) {
    const targets = steps.filter(({ risk }) => risk.includes("production"));
    if (targets.length > MAX_TARGETS) {
      const reason = `${targets.length} steps touch production in one plan.`;
      yield { step: null, reason, evidence: { targets: targets.length, limit: MAX_TARGETS } };
    }
    const risky = steps.filter(({ risk }) => risk.includes("irreversible"));
    if (risky.length === 0) return;
    const dependants = dependantsOf(steps);
    for (const { name } of risky) {
      const behind = countBehind(name, dependants);
      if (behind <= MAX_BEHIND) continue;
      const reason = `More than ${MAX_BEHIND} steps build on "${name}", which cannot be reversed.`;
      yield { step: name, reason, evidence: { limit: MAX_BEHIND } };
    }
  },
  examples: { passes: fleet(MAX_TARGETS), fails: fleet(MAX_TARGETS + 1) },
};

function dependantsOf(steps: readonly PlannedStep[]): ReadonlyMap<string, readonly string[]> {
  const dependants = new Map<string, string[]>();
  for (const { name, needs } of steps) {
    for (const need of needs) {
      const known = dependants.get(need);
      if (known === undefined) dependants.set(need, [name]);
      else known.push(name);
    }
  }
  return dependants;
}

/** Counts no further than the limit: a plan of risky steps in a row would take a square of its size. */
function countBehind(name: string, dependants: ReadonlyMap<string, readonly string[]>): number {
  const seen = new Set([name]);
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const one of dependants.get(next) ?? []) {
      if (seen.has(one)) continue;
      seen.add(one);
      if (seen.size - 1 > MAX_BEHIND) return seen.size - 1;
      waiting.push(one);
    }
  }
  return seen.size - 1;
}
