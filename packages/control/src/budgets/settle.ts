import type { BudgetAmounts, SettleAnswer } from "@nofx/core/budgets";
import { endReservation, renewReservation } from "@nofx/db/queries";
import type { BudgetDeps } from "./ports.ts";

/**
 * What it really used. Once: settling again changes nothing. More than was reserved is counted and noted as an overrun, and so is
 * what comes after the lease has ended: money that is gone is never lost from the books.
 */
export function settle(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
  actual: BudgetAmounts,
): Promise<SettleAnswer> {
  return endReservation(deps.db, reservationId, actual);
}

/** Nothing was used: gives all of it back. False where it has ended already. */
export async function release(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
): Promise<boolean> {
  return (await endReservation(deps.db, reservationId, null)).settled;
}

/** Still under way: moves the end of the lease. False where it has ended. */
export function renew(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
  leaseMs: number,
): Promise<boolean> {
  return renewReservation(deps.db, reservationId, leaseMs);
}
