import { SetBudgetInput, type BudgetView } from "@nofx/core/api";
import { readAmount, type BudgetMeasure, type BudgetOutcome } from "@nofx/core/budgets";
import { NofxError } from "@nofx/core/errors";
import { countBudgets, insertBudget } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { subjectOf } from "./subject-of.ts";
import { readBudget } from "./view.ts";

/** All of a tenant's are looked at for each reservation. */
const MOST = 500;

/** Sets a new budget. It binds from the next reservation on, and sums what is reserved from then on. */
export function setBudget(
  ctx: MemberContext,
  input: z.input<typeof SetBudgetInput>,
): Promise<BudgetView> {
  const spec = {
    name: "budgets.set",
    permission: "budget.manage",
    input: SetBudgetInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, given) => {
    if ((await countBudgets(tx.db, ctx.tenantId)) >= MOST) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MOST} budgets. Remove one, or set one for each run or agent instead of many.`,
      });
    }
    const { name, scope, measure, rate, model = null, outcome, note } = given;
    const id = ctx.plane.newUuid();
    const limit = readAmount(measure, given.limit);
    const made = await insertBudget(tx.db, {
      id,
      tenantId: ctx.tenantId,
      name,
      note,
      scope,
      subject: await subjectOf(ctx, tx, given),
      model,
      measure,
      kind: rate === undefined ? "cap" : "rate",
      window: rate === undefined ? windowOf(given) : "rate",
      limit: limit.toString(),
      perSeconds: rate?.perSeconds ?? null,
      burst: rate === undefined ? null : (rate.burst ?? Number(limit)),
      outcome,
      extra: extraOf(measure, outcome, given.extra, limit).toString(),
      by: ctx.actor.id,
    });
    if (!made) {
      throw new NofxError("conflict", {
        detail: `There is a budget ${name} already. Change that one, or take another name.`,
        issues: [{ path: "/name", message: "is taken" }],
      });
    }
    const view = await readBudget(tx, ctx.tenantId, id);
    tx.emit({ type: "budget.changed", payload: { budget_id: id, budget: name, version: 1 } });
    await tx.audit("budget.changed", aboutBudget(id, view));
    return view;
  });
}

function windowOf({ measure, window }: SetBudgetInput) {
  return measure === "depth" ? "total" : (window ?? "day");
}

/** A fifth of the limit, where the outcome needs one and nobody said how much. */
export function extraOf(
  measure: BudgetMeasure,
  outcome: BudgetOutcome,
  said: string | undefined,
  limit: bigint,
): bigint {
  if (outcome !== "ask" && outcome !== "wrap_up") return 0n;
  if (said !== undefined) return readAmount(measure, said);
  const fifth = limit / 5n;
  return fifth > 0n ? fifth : 1n;
}

/** What the audit log says of a budget as it is now. */
export function aboutBudget(id: string, view: BudgetView) {
  const { name, scope, subject, model, measure, window, rate, limit, outcome, extra, enabled } =
    view;
  return {
    budget_id: id,
    budget: name,
    version: view.version,
    scope,
    subject,
    model,
    measure,
    window,
    ...(rate !== null && { per_seconds: rate.perSeconds, burst: rate.burst }),
    limit,
    outcome,
    extra,
    enabled,
    note: view.note,
  };
}
