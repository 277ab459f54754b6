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
