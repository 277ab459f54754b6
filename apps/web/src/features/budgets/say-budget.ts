import type { BudgetUse, BudgetView } from "@nofx/core/api";
import type { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "@nofx/core/budgets";
import type { Tone } from "@nofx/ui/tokens/status";

export const SCOPES: Record<BudgetScope, string> = {
  tenant: "All of the tenant",
  team: "Team",
  agent: "Agent",
  run: "Run",
  step: "Step",
  model: "Model",
};

export const MEASURES: Record<BudgetMeasure, string> = {
  usd: "Money (USD)",
  tokens: "Tokens",
  calls: "Calls",
  agents: "Agents",
  fan_out: "Fan-out",
  depth: "Depth",
};

export const WINDOWS: Record<BudgetWindow, string> = {
  minute: "a minute",
  hour: "an hour",
  day: "a day",
  month: "a month",
  total: "in all",
  at_once: "at once",
};

export const OUTCOMES: Record<BudgetOutcome, { label: string; means: string; tone: Tone }> = {
  stop: { label: "Stop", means: "Whoever asks for more is refused.", tone: "bad" },
  degrade: {
    label: "Degrade",
    means: "Whoever asks is told to take a cheaper model.",
    tone: "warn",
  },
  ask: { label: "Ask", means: "People are asked whether this window gets more.", tone: "wait" },
  wrap_up: {
    label: "Wrap up",
    means: "Agents are told to finish, with a reserve kept for that.",
    tone: "active",
  },
};

const UNITS: Record<Exclude<BudgetMeasure, "usd">, readonly [one: string, many: string]> = {
  tokens: ["token", "tokens"],
  calls: ["call", "calls"],
  agents: ["agent", "agents"],
  fan_out: ["child", "children"],
  depth: ["level", "levels"],
};

/** `$2.5`, `1 call`, `40,000 tokens`. */
export function sayAmount(measure: BudgetMeasure, amount: string): string {
  if (measure === "usd") return `$${amount}`;
  const [one, many] = UNITS[measure];
  return `${BigInt(amount).toLocaleString("en")} ${amount === "1" ? one : many}`;
}

/** `a day for each agent`. */
export function sayTerms(
  budget: Pick<BudgetView, "window" | "rate" | "scope" | "subject" | "subjectName" | "model">,
): string {
  const { rate, window, scope, subject, subjectName, model } = budget;
  const time =
    rate === null
      ? WINDOWS[window ?? "total"]
      : `in ${rate.perSeconds} s, ${rate.burst.toLocaleString("en")} at once`;
  const whose =
    subject === null
      ? scope === "tenant"
        ? "for the tenant"
        : `for each ${scope}`
      : `for ${scope} ${subjectName ?? subject}`;
  return `${time} ${whose}${model === null ? "" : `, on ${model}`}`;
}

/** Where somebody ought to look. */
export function meterTone({ full }: Pick<BudgetUse, "full">): Tone {
  if (full >= 1) return "bad";
  return full >= 0.8 ? "warn" : "good";
}
