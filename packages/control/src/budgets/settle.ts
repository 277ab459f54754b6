import type { BudgetAmounts, SettleAnswer } from "@nofx/core/budgets";
import { NofxError } from "@nofx/core/errors";
import { endReservation, renewReservation } from "@nofx/db/queries";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { BudgetDeps } from "./ports.ts";

/**
 * What it really used. Once: settling again changes nothing. What is not named counts as it was reserved. More than was reserved is
 * counted and noted as an overrun, and so is what comes after the lease has ended: money that is gone is never lost from the books.
 */
export async function settle(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
  actual: BudgetAmounts,
): Promise<SettleAnswer> {
  return end(deps, reservationId, actual);
}

/** Nothing was used: gives all of it back. False where it has ended already. */
export async function release(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
): Promise<boolean> {
  return (await end(deps, reservationId, null)).settled;
}

/** Still under way: moves the end of the lease. False where it has ended. */
export async function renew(
  deps: Pick<BudgetDeps, "db">,
  reservationId: string,
  leaseMs: number,
): Promise<boolean> {
  try {
    return await renewReservation(deps.db, reservationId, leaseMs);
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

async function end(
  { db }: Pick<BudgetDeps, "db">,
  reservationId: string,
  actual: BudgetAmounts | null,
): Promise<SettleAnswer> {
  try {
    const answer = await endReservation(db, reservationId, actual);
    if (answer !== undefined) return answer;
  } catch (error) {
    throw fromDatabaseError(error);
  }
  throw new NofxError("not_found", {
    detail: "There is no such reservation: it ended more than two days ago, or was never made.",
  });
}
