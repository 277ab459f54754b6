import type { ReserveAnswer, ReserveRequest } from "@nofx/core/budgets";
import { reserveBudget } from "@nofx/db/queries";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { BudgetDeps } from "./ports.ts";

/**
 * Reserves, before something is done, the most that it may use: of every budget that covers it, in one statement, or of none.
 * What is refused is told by the strictest budget that has too little left.
 */
export async function reserve(deps: BudgetDeps, request: ReserveRequest): Promise<ReserveAnswer> {
  const { claims = null } = deps;
  try {
    return await reserveBudget(deps.db, { id: deps.newUuid(), claims, ...request });
  } catch (error) {
    throw fromDatabaseError(error);
  }
}
