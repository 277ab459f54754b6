export type {
  BudgetAmounts,
  BudgetScopes,
  Refused,
  ReserveAnswer,
  Reserved,
  ReserveRequest,
  SettleAnswer,
} from "@nofx/core/budgets";
export type { BudgetDeps } from "./ports.ts";
export { reserve } from "./reserve.ts";
export { release, renew, settle } from "./settle.ts";
export { changeBudget } from "./change.ts";
export { budgetHistory, budgetUsage, getBudget, listBudgets } from "./list.ts";
export { removeBudget } from "./remove.ts";
export { setBudget } from "./set.ts";
export { setTimeZone } from "./time-zone.ts";
export { usageAndCost } from "./usage.ts";
