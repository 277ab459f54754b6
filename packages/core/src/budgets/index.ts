export {
  BudgetMeasure,
  BudgetOutcome,
  BudgetScope,
  BudgetWindow,
  STRICTEST_FIRST,
} from "./measures.ts";
export type {
  BudgetAmounts,
  BudgetScopes,
  Refused,
  ReserveAnswer,
  Reserved,
  ReserveRequest,
  SettleAnswer,
} from "./reservation.ts";
export { fullness, readAmount, writeAmount } from "./amount.ts";
export { usageCsv } from "./usage-csv.ts";
