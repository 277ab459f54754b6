import { BudgetsSetting, ComplianceSetting } from "@nofx/core/api";
import { toolsOf, workOf, type Budgets, type Forecast, type PlanFacts } from "@nofx/core/gates";
import { usdOfPico } from "@nofx/core/model-router";
import type { PlannedStep } from "@nofx/core/planner";
import { loadGateFacts, loadSucceededWork, loadTools } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { factsOf } from "../plans/load-facts.ts";

const SECONDS_A_DAY = 86_400;

/** What gates must know beside these steps: settings and people of the tenant, its tools, what has succeeded before. */
export async function loadPlanFacts(
  ctx: MemberContext,
  tx: CommandTransaction,
  steps: readonly PlannedStep[],
  forecast: Forecast | undefined,
): Promise<PlanFacts> {
  const known = await loadGateFacts(tx.db, ctx.tenantId);
  const tools = await loadTools(tx.db, ctx.tenantId, [...new Set(steps.flatMap(toolsOf))]);
  const work = new Set(steps.flatMap((step) => workOf(step) ?? []));
  const succeeded = await loadSucceededWork(tx.db, ctx.tenantId, [...work]);
  const { shell, budgets, compliance } = known.settings;
  return {
    ...factsOf(typeof shell === "string" ? shell : null),
    now: known.now.toISOString(),
    author: { id: ctx.actor.id, names: [ctx.name, ctx.email] },
    approvers: known.approvers.map(({ id, name, email }) => ({ id, names: [name, email] })),
    tools: Object.fromEntries(
      tools.map(({ name, version, sensitivity, requires_approval, status }) => [
        name,
        {
          version,
          sensitivity,
          requiresApproval: requires_approval,
          ...(status === "retired" && { retired: true }),
        },
      ]),
    ),
    succeeded: new Set(succeeded),
    // what was set before a release that reads it more strictly is not judged by
    budgets: withDayCap(BudgetsSetting.catch({}).parse(budgets ?? {}), known.day_cap),
    spentTodayUsd: Number(usdOfPico(BigInt(known.spent_today))),
    compliance: ComplianceSetting.catch({}).parse(compliance ?? {}),
    groups: known.groups,
    ...(known.delete_after_days !== null && { retentionDays: known.delete_after_days }),
    ...(forecast !== undefined && { forecast }),
    quotas: known.quotas.map(({ queue, rate, per_seconds }) => ({
      queue,
      perDay: Math.floor((rate * SECONDS_A_DAY) / per_seconds),
    })),
  };
}

/** A plan is judged by the strictest of what the tenant set for gates and what it caps. */
function withDayCap(budgets: Budgets, cap: string | null): Budgets {
  if (cap === null) return budgets;
  const usd = Number(usdOfPico(BigInt(cap)));
  return { ...budgets, costUsdPerDay: Math.min(budgets.costUsdPerDay ?? usd, usd) };
}
