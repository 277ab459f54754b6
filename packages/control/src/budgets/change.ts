import { ChangeBudgetInput, type BudgetView } from "@nofx/core/api";
import { BudgetMeasure, BudgetOutcome, readAmount } from "@nofx/core/budgets";
import { NofxError, type Issue } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { lockBudget, updateBudget, type BudgetLimits, type BudgetRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { aboutBudget, extraOf } from "./set.ts";
import { findBudget, noSuchBudget, readBudget } from "./view.ts";

/**
 * Changes the limit of a budget, or what follows from its being spent. What has been used and reserved stays; a limit below that
 * lets nothing more through until its window ends.
 */
export function changeBudget(
  ctx: MemberContext,
  input: z.input<typeof ChangeBudgetInput>,
): Promise<BudgetView> {
  const spec = {
    name: "budgets.change",
    permission: "budget.manage",
    input: ChangeBudgetInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, given) => {
    const id = toUuid("budget", given.budgetId);
    if (!(await lockBudget(tx.db, ctx.tenantId, id))) throw noSuchBudget();
    const before = await findBudget(tx, ctx.tenantId, id);
    await updateBudget(tx.db, { id, by: ctx.actor.id }, merge(before, given));
    const view = await readBudget(tx, ctx.tenantId, id);
    const { name: budget, version } = view;
    tx.emit({ type: "budget.changed", payload: { budget_id: id, budget, version } });
    await tx.audit("budget.changed", aboutBudget(id, view));
    return view;
  });
}

function merge(before: BudgetRecord, given: z.output<typeof ChangeBudgetInput>): BudgetLimits {
  const measure = BudgetMeasure.parse(before.measure);
  const outcome = given.outcome ?? BudgetOutcome.parse(before.outcome);
  refuseUnfit(before, measure, outcome, given);
  const limit = given.limit === undefined ? BigInt(before.limit) : readAmount(measure, given.limit);
  const keepsExtra = given.extra === undefined && outcome === before.outcome;
  return {
    note: given.note ?? before.note,
    limit: limit.toString(),
    perSeconds: given.rate?.perSeconds ?? before.per_seconds,
    burst: given.rate?.burst ?? before.burst,
    outcome,
    extra: keepsExtra ? before.extra : extraOf(measure, outcome, given.extra, limit).toString(),
    enabled: given.enabled ?? before.enabled,
  };
}

function refuseUnfit(
  before: BudgetRecord,
  measure: BudgetMeasure,
  outcome: BudgetOutcome,
  given: z.output<typeof ChangeBudgetInput>,
): void {
  const issues: Issue[] = [];
  for (const name of ["limit", "extra"] as const) {
    const text = given[name];
    if (text === undefined) continue;
    try {
      readAmount(measure, text);
    } catch {
      issues.push({ path: `/${name}`, message: `is not an amount of ${measure}` });
    }
  }
  if (before.kind === "cap" && given.rate !== undefined) {
    issues.push({ path: "/rate", message: "this budget is a sum, and has none" });
  }
  if (before.kind === "rate") {
    if (outcome !== "stop") {
      issues.push({ path: "/outcome", message: "a rate lets nobody do but wait: stop" });
    }
    const limit = Number(given.limit ?? 1);
    if (limit < 1 || limit > 2_000_000_000) {
      issues.push({ path: "/limit", message: "of a rate: 1 to 2,000,000,000" });
    }
  }
  if (given.extra !== undefined && outcome !== "ask" && outcome !== "wrap_up") {
    issues.push({ path: "/extra", message: "goes with ask and wrap_up" });
  }
  if (issues.length > 0) throw new NofxError("invalid_input", { issues });
}
