import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const range = { p10: 0, p50: 0, p90: 0 };
const forecast = { costUsd: range, durationMs: range, tokens: range, successOdds: 1, approvals: 0 };
const budgets = { costUsdPerPlan: 10 };

/** Information: there are budgets, and nothing to hold against them. */
export const noForecast: GateRule = {
  name: "no_forecast",
  finds: "There are budgets and no forecast.",
  gate: "resource",
  verdict: "allow",
  tip: "Nothing to do now: the next plan has a forecast once steps like these have run.",
  *judge({ facts }) {
    if (facts.forecast !== undefined || Object.keys(facts.budgets ?? {}).length === 0) return;
    const reason = "There is no forecast, so nothing was held against the budgets.";
    yield { step: null, reason, evidence: { budgets: Object.keys(facts.budgets ?? {}) } };
  },
  examples: {
    passes: examplePlan([{ name: "work" }], { forecast, budgets }),
    fails: examplePlan([{ name: "work" }], { budgets }),
  },
};
