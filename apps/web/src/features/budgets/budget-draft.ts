import type { BudgetView, ChangeBudgetInput, SetBudgetInput } from "@nofx/core/api";
import type { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "@nofx/core/budgets";

/** A budget as it is typed: texts, of which some do not apply. */
export interface BudgetDraft {
  name: string;
  scope: BudgetScope;
  subject: string;
  model: string;
  measure: BudgetMeasure;
  window: BudgetWindow | "rate";
  limit: string;
  perSeconds: string;
  burst: string;
  outcome: BudgetOutcome;
  extra: string;
  note: string;
  enabled: boolean;
}

export const draftOf = (budget?: BudgetView): BudgetDraft => ({
  name: budget?.name ?? "",
  scope: budget?.scope ?? "tenant",
  subject: budget?.subject ?? "",
  model: budget?.model ?? "",
  measure: budget?.measure ?? "usd",
  window: budget === undefined ? "day" : (budget.window ?? "rate"),
  limit: budget?.limit ?? "",
  perSeconds: String(budget?.rate?.perSeconds ?? 60),
  burst: budget?.rate == null ? "" : String(budget.rate.burst),
  outcome: budget?.outcome ?? "stop",
  extra: budget === undefined || !hasExtra(budget.outcome) ? "" : budget.extra,
  note: budget?.note ?? "",
  enabled: budget?.enabled ?? true,
});

export function hasExtra(outcome: BudgetOutcome): boolean {
  return outcome === "ask" || outcome === "wrap_up";
}

/** Whether a bucket that fills again makes sense of it. */
export function mayRate(measure: BudgetMeasure): boolean {
  return measure === "calls" || measure === "tokens";
}

/** The same draft with what no longer fits put right. */
export function withChanges(before: BudgetDraft, changes: Partial<BudgetDraft>): BudgetDraft {
  const next = { ...before, ...changes };
  if (next.measure === "depth") next.window = "total";
  if (next.window === "rate" && !mayRate(next.measure)) next.window = "day";
  if (next.window === "rate") next.outcome = "stop";
  if (next.scope === "tenant") next.subject = "";
  if (next.scope === "model") next.model = "";
  return next;
}

export function toNewBudget(draft: BudgetDraft): SetBudgetInput {
  const { name, scope, subject, model, measure, window, limit, outcome, extra, note } = draft;
  return {
    name,
    scope,
    measure,
    limit: limit.trim(),
    outcome,
    note,
    ...(subject.trim() !== "" && { subject: subject.trim() }),
    ...(model.trim() !== "" && { model: model.trim() }),
    ...(window === "rate" ? { rate: rateOf(draft) } : { window }),
    ...(hasExtra(outcome) && extra.trim() !== "" && { extra: extra.trim() }),
  };
}

export function toChange(draft: BudgetDraft, budgetId: string): ChangeBudgetInput {
  const { window, limit, outcome, extra, note, enabled } = draft;
  return {
    budgetId,
    limit: limit.trim(),
    outcome,
    note,
    enabled,
    ...(window === "rate" && { rate: rateOf(draft) }),
    ...(hasExtra(outcome) && extra.trim() !== "" && { extra: extra.trim() }),
  };
}

function rateOf({ perSeconds, burst }: BudgetDraft) {
  return {
    perSeconds: Number(perSeconds),
    ...(burst.trim() !== "" && { burst: Number(burst) }),
  };
}
