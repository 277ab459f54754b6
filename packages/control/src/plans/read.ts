import {
  GatesView,
  ListPlansInput,
  PageInput,
  PlanPage,
  PlanStepPage,
  type PlanView,
} from "@nofx/core/api";
import { worstVerdict } from "@nofx/core/gates";
import { PlanId, type Verdict } from "@nofx/core/vocabulary";
import { listPlans as queryPlans, listPlanSteps as queryPlanSteps } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { effectiveVerdict } from "../gates/effective.ts";
import { viewOverride } from "../overrides/view.ts";
import { loadPlan, toEvaluation, toPlanStep, toPlanSummary, viewPlan } from "./view.ts";

export const PlanInput = z.object({ planId: PlanId });

/** The tenant's plans, newest first. */
export function listPlans(
  ctx: MemberContext,
  input: z.input<typeof ListPlansInput>,
): Promise<z.infer<typeof PlanPage>> {
  return runQuery(ctx, ListPlansInput, input, async (tx, filter) => {
    const page = await queryPlans(tx.db, { ...filter, tenantId: ctx.tenantId });
    return PlanPage.parse({
      items: page.items.map(toPlanSummary),
      nextCursor: page.nextCursor,
      total: null,
    });
  });
}

/** One plan version, whole but for the steps beyond 500. */
export function getPlan(ctx: MemberContext, input: z.input<typeof PlanInput>): Promise<PlanView> {
  return runQuery(ctx, PlanInput, input, (tx, { planId }) => viewPlan(ctx, tx, planId));
}

const PlanStepsInput = PageInput.extend({ planId: PlanId });

/** All steps of a plan, page by page, in plan order. */
export function listPlanSteps(
  ctx: MemberContext,
  input: z.input<typeof PlanStepsInput>,
): Promise<z.infer<typeof PlanStepPage>> {
  return runQuery(ctx, PlanStepsInput, input, async (tx, { planId, cursor, limit }) => {
    const plan = await loadPlan(ctx, tx, planId);
    const page = await queryPlanSteps(tx.db, { planId: plan.id, cursor, limit });
    return PlanStepPage.parse({
      items: page.items.map(toPlanStep),
      nextCursor: page.nextCursor,
      total: plan.step_count,
    });
  });
}

/** What every gate said of a plan, and whether it was said of what stands there now. */
export function getGates(ctx: MemberContext, input: z.input<typeof PlanInput>): Promise<GatesView> {
  return runQuery(ctx, PlanInput, input, async (tx, { planId }) => {
    const plan = await loadPlan(ctx, tx, planId);
    const effective = await effectiveVerdict(ctx, tx, plan);
    const { evaluations, findings, voidBecause } = effective;
    const worst = new Map<string, Verdict>();
    for (const { step, verdict } of findings) {
      if (step !== null) worst.set(step, worstVerdict([worst.get(step) ?? "allow", verdict]));
    }
    return GatesView.parse({
      planId,
      version: plan.version,
      digest: plan.digest,
      verdict: plan.verdict,
      effectiveVerdict: effective.verdict,
      score: plan.score,
      current: voidBecause === null,
      voidBecause,
      rulesDigest: effective.rules.digest,
      steps: [...worst].map(([step, verdict]) => ({ step, verdict })),
      overrides: effective.overrides.map((one) => viewOverride(one, effective.rules.digest)),
      gates: evaluations.map(toEvaluation),
    });
  });
}
