import type { ReserveAnswer, ReserveRequest } from "@nofx/core/budgets";
import { reserveBudget } from "@nofx/db/queries";
import type { BudgetDeps } from "./ports.ts";

/**
 * Reserves, before something is done, the most that it may use: of every budget that covers it, in one statement, or of none.
 * What is refused is told by the strictest budget that has too little left.
 */
export function reserve(deps: BudgetDeps, request: ReserveRequest): Promise<ReserveAnswer> {
  return reserveBudget(deps.db, { id: deps.newUuid(), claims: deps.claims ?? null, ...request });
}
