import { NofxError } from "@nofx/core/errors";
import {
  changeWindow,
  requirementsOf,
  type ApprovalRequirement,
  type PlanFacts,
} from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import type { OverrideRecord, PlanRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { effectiveVerdict, lifts, type Effective } from "./effective.ts";
import { loadPlanFacts } from "./load-facts.ts";

/**
 * Refuses a plan whose verdict does not let it run now: the rules have changed since, an override has expired or was revoked,
 * or the clock has left the change windows. Answers which groups have to approve which steps.
 */
export async function checkExecution(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRecord,
  steps: readonly PlannedStep[],
): Promise<ApprovalRequirement[]> {
  const effective = await effectiveVerdict(ctx, tx, plan);
  if (effective.voidBecause === "rules") {
    throw new NofxError("verdict_void", {
      detail:
        "The rules of the gates have changed since this plan was judged. Plan again, and execute the version that is judged by them.",
      data: { because: "rules" },
    });
  }
  if (effective.verdict === "block") {
    throw new NofxError("plan_blocked", {
      detail: `${lost(effective)}Correct the backlog and plan again, or have what blocks overridden.`,
      data: { findings: effective.left.filter(({ verdict }) => verdict === "block").length },
    });
  }
  if (effective.verdict === "warn" && !(await isPlanApproved(tx, plan.id))) {
    throw new NofxError("plan_not_ready", {
      detail: `${lost(effective)}A gate warns, and nobody has approved that: plan again to ask, or have it overridden.`,
    });
  }
  // settings and the clock: what else was judged holds by its digest
  const facts = await loadPlanFacts(ctx, tx, [], undefined);
  refuseOutsideWindow(effective, steps, facts);
  return requirementsOf(steps, facts);
}

function lost({ overrides, live }: Effective): string {
  return overrides.length > live.length ? "An override counts no more. " : "";
}

async function isPlanApproved(tx: CommandTransaction, planId: string): Promise<boolean> {
  const { rows } = await sql`
    select from approvals where plan_id = ${planId}::uuid and subject = 'plan' and status = 'approved' limit 1
  `.execute(tx.db);
  return rows.length > 0;
}

const Covers = z.array(z.object({ rule: z.string() }));

/** An override of a whole plan lifts what was found when it was given: how the window is overridden was not asked otherwise. */
function liftsWindow(override: OverrideRecord, rule: string): boolean {
  if (override.scope !== "plan") return lifts(override, { rule, step: null });
  return Covers.parse(override.covers).some((one) => one.rule === rule);
}

/** The one rule that depends on when a plan is executed. What was found at planning, people have seen and approved. */
function refuseOutsideWindow(
  { rules, findings, live }: Effective,
  steps: readonly PlannedStep[],
  facts: PlanFacts,
): void {
  const rule = rules.rules.find(({ name }) => name === changeWindow.name);
  if (rule === undefined || !rule.enabled || rule.verdict === "allow") return;
  if (findings.some((finding) => finding.rule === rule.name && finding.verdict !== "allow")) return;
  if (live.some((one) => liftsWindow(one, rule.name))) return;
  for (const found of changeWindow.judge({ steps, notes: [], facts })) {
    throw new NofxError("plan_blocked", {
      detail: `${found.reason} ${changeWindow.tip}`,
      data: { rule: rule.name },
    });
  }
}
