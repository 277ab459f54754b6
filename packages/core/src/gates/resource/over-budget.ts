import type { Budgets, Forecast, PlanFacts, Range } from "../facts.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const range = (p50: number): Range => ({ p10: p50 / 2, p50, p90: p50 * 2 });

const forecast: Forecast = {
  costUsd: range(10),
  durationMs: range(60_000),
  tokens: range(1_000),
  successOdds: 0.9,
  approvals: 0,
};

const within = (budgets: Budgets, facts: Partial<PlanFacts> = {}) =>
  examplePlan([{ name: "work" }], { forecast, budgets, ...facts });

interface Measure {
  readonly name: string;
  readonly budget: keyof Budgets;
  readonly of: (forecast: Forecast) => Range;
  readonly what: string;
  readonly show: (value: number) => string;
}

const usd = (value: number) => `$${value.toFixed(2)}`;
const count = (value: number) => Math.round(value).toLocaleString("en");
const minutes = (value: number) => `${(value / 60_000).toFixed(1)} min`;

/** Likely over (the middle of the forecast) blocks; possibly over (one in ten) warns. */
function overBudget({ name, budget, of, what, show }: Measure): GateRule {
  return {
    name,
    finds: `The middle of the forecast is over ${budget}; where it may be over in one of ten cases, it warns.`,
    gate: "resource",
    verdict: "block",
    tip: `Plan fewer items, use cheaper models, or have an admin raise the budget ${budget}.`,
    *judge({ facts }) {
      const limit = facts.budgets?.[budget];
      if (limit === undefined || facts.forecast === undefined) return;
      const { p50, p90 } = of(facts.forecast);
      if (p90 <= limit) return;
      const likely = p50 > limit;
      yield {
        step: null,
        verdict: likely ? "block" : "warn",
        reason: `${what} will ${likely ? "likely" : "possibly"} be over budget: ${show(p50)}, at worst ${show(p90)}, of ${show(limit)}.`,
        evidence: { budget, limit, p50, p90 },
      };
    },
    examples: {
      passes: within({ [budget]: of(forecast).p90 }),
      fails: within({ [budget]: of(forecast).p50 / 2 }),
    },
  };
}

export const costBudget = overBudget({
  name: "cost_budget",
  budget: "costUsdPerPlan",
  of: (one) => one.costUsd,
  what: "The cost",
  show: usd,
});

export const tokenBudget = overBudget({
  name: "token_budget",
  budget: "tokensPerPlan",
  of: (one) => one.tokens,
  what: "The tokens",
  show: count,
});

export const timeBudget = overBudget({
  name: "time_budget",
  budget: "durationMsPerPlan",
  of: (one) => one.durationMs,
  what: "The time",
  show: minutes,
});

/** What this plan may cost on top of what the day has cost already. */
export const dayBudget: GateRule = {
  name: "day_budget",
  finds:
    "What is spent today and this plan's worst are over costUsdPerDay, or over the lowest budget of a day of the whole tenant.",
  gate: "resource",
  verdict: "warn",
  tip: "Execute it tomorrow, plan fewer items, or have an admin raise the budget costUsdPerDay.",
  *judge({ facts }) {
    const limit = facts.budgets?.costUsdPerDay;
    if (limit === undefined || facts.forecast === undefined) return;
    const spent = facts.spentTodayUsd ?? 0;
    const { p50, p90 } = facts.forecast.costUsd;
    if (spent + p90 <= limit) return;
    yield {
      step: null,
      reason: `With this plan the day may cost ${usd(spent + p90)} of ${usd(limit)}; ${usd(spent)} are spent.`,
      evidence: { budget: "costUsdPerDay", limit, spent, p50, p90 },
    };
  },
  examples: {
    passes: within({ costUsdPerDay: 100 }, { spentTodayUsd: 80 }),
    fails: within({ costUsdPerDay: 100 }, { spentTodayUsd: 95 }),
  },
};
