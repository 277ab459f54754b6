import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const LIMIT = 1_000;

const big = (size: number) =>
  examplePlan(
    Array.from({ length: size }, (_, i) => ({
      name: `s${i}`,
      owner: "team",
      risk: ["external"] as const,
    })),
  );

/** How much of a plan changes something outside: steps with a risk label. */
export const changeSize: GateRule = {
  name: "change_size",
  finds: "More than 1,000 steps with a risk label.",
  gate: "risk",
  verdict: "warn",
  tip: "Plan a part of the items at a time: nobody can review this many changes at once.",
  *judge({ steps }) {
    const changes = steps.filter(({ risk }) => risk.length > 0).length;
    if (changes <= LIMIT) return;
    const reason = `${changes.toLocaleString("en")} steps of this plan carry a risk label.`;
    yield { step: null, reason, evidence: { changes, limit: LIMIT } };
  },
  examples: { passes: big(LIMIT), fails: big(LIMIT + 1) },
};
