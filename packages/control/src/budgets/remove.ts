import { OneBudget } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { lockBudget, removeBudget as takeAway } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { findBudget, noSuchBudget } from "./view.ts";

/** Removes a budget: it binds nothing any more. What it counted stays in the books. */
export function removeBudget(
  ctx: MemberContext,
  input: z.input<typeof OneBudget>,
): Promise<z.infer<typeof OneBudget>> {
  const spec = { name: "budgets.remove", permission: "budget.manage", input: OneBudget } as const;
  return runCommand(ctx, spec, input, async (tx, { budgetId }) => {
    const id = toUuid("budget", budgetId);
    if (!(await lockBudget(tx.db, ctx.tenantId, id))) throw noSuchBudget();
    const { name: budget, version } = await findBudget(tx, ctx.tenantId, id);
    await takeAway(tx.db, { id, by: ctx.actor.id });
    const about = { budget_id: id, budget, version: version + 1 };
    tx.emit({ type: "budget.changed", payload: { ...about, removed: true } });
    await tx.audit("budget.removed", about);
    return { budgetId };
  });
}
