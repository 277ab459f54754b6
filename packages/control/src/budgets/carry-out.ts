import { BudgetMeasure, writeAmount } from "@nofx/core/budgets";
import { extendBudget } from "@nofx/db/queries";
import type { CommandTransaction } from "../command/transaction.ts";

/** People have answered whether a window of a budget gets more: a yes adds it. Called in the transaction of the answer. */
export async function carryOutBudget(
  tx: CommandTransaction,
  approval: { id: string; arguments: Record<string, unknown> },
  status: "approved" | "rejected",
): Promise<void> {
  if (status === "rejected") return;
  const added = await extendBudget(tx.db, approval.id);
  if (added === null) return;
  const { budget, measure } = approval.arguments;
  await tx.audit("budget.extended", {
    budget_id: added.budget_id,
    budget,
    approval_id: approval.id,
    extra: writeAmount(BudgetMeasure.parse(measure), BigInt(added.extra)),
  });
}
