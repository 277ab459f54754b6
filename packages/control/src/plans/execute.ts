import { ExecutePlanInput, type ExecutePlanResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { ApprovalRequirement } from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  bindApprovals,
  bindApprovalSteps,
  findPlan,
  loadStoredSteps,
  loadStepApprovals,
  startRun,
  type PlanRecord,
} from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import { askedOfAgents, assertInputFits } from "../agents/assert-input-fits.ts";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { checkExecution } from "../gates/check-execution.ts";
import { isEnabled, refuseWhenOff } from "../flags/is-enabled.ts";
import { admit, countByQueue } from "../queues/admit.ts";
import { digestPlan, StoredStep } from "./digest.ts";
import { aboutStep, openApproval, withGroups } from "./open-approvals.ts";

/**
 * Starts a run of an approved plan: the run and all its steps in one transaction. Sensitive steps wait for their own
 * approval; one that was given before is used up by this run.
 */
export async function executePlan(
  ctx: MemberContext,
  input: z.input<typeof ExecutePlanInput>,
): Promise<ExecutePlanResult> {
  const spec = {
    name: "plans.execute",
    permission: "plan.execute",
    input: ExecutePlanInput,
  } as const;
  const open = await isEnabled(ctx, "FEATURE_PLANNER_EXECUTE");
  return runCommand(ctx, spec, input, async (tx, { planId }) => {
    refuseWhenOff(ctx, "FEATURE_PLANNER_EXECUTE", open);
    const uuid = toUuid("plan", planId);
    await sql`select id from plans where id = ${uuid}::uuid for update`.execute(tx.db);
    const plan = await findPlan(tx.db, ctx.tenantId, uuid);
    if (plan === undefined)
      throw new NofxError("not_found", { detail: "There is no such plan in this tenant." });
    refuseUnlessReady(plan);
    const steps = await refuseIfChanged(ctx, tx, plan);
    await assertInputFits(ctx, askedOfAgents(steps), tx);
    const requirements = await checkExecution(ctx, tx, plan, steps);
    await admit(ctx, tx, countByQueue(steps));

    const runId = ctx.plane.newUuid();
    const started = ctx.plane.newUuid();
    const asks = steps.some(({ sensitive }) => sensitive);
    if (asks)
      await bindApprovals(tx.db, runId, await approvalsFor(ctx, tx, plan, steps, requirements));
    await startRun(tx.db, {
      id: runId,
      tenantId: ctx.tenantId,
      planId: plan.id,
      workspace: plan.workspace,
      stepCount: plan.step_count,
      correlationId: ctx.correlationId,
      causationId: started,
      traceparent: ctx.traceparent ?? null,
      createdBy: ctx.actor.id,
    });
    if (asks) await bindApprovalSteps(tx.db, runId);
    tx.emit({
      id: started,
      type: "run.queued",
      payload: { run_id: runId, plan_id: plan.id },
      runId,
    });
    tx.ring({ for_workers: 1, for_agents: 1 });
    await tx.audit("run.started", { run_id: runId, plan_id: plan.id, digest: plan.digest });
    await takeSnapshot(ctx, tx, plan.id, "executed");
    return { runId: toId("run", runId), steps: plan.step_count };
  });
}

function refuseUnlessReady(plan: PlanRecord): void {
  if (plan.status === "blocked") {
    throw new NofxError("plan_blocked", {
      detail: "Read the gate's findings, correct the backlog and plan again.",
    });
  }
  if (plan.status === "ready") {
    throw new NofxError("plan_not_ready", {
      detail: "A gate warned: somebody else has to approve the plan first.",
    });
  }
  if (plan.status !== "approved") {
    throw new NofxError("plan_changed", {
      detail: `This version is ${plan.status}; use the newest one.`,
    });
  }
  if (plan.latest_run_status === "queued" || plan.latest_run_status === "running") {
    throw new NofxError("conflict", {
      detail: "This plan is being executed right now.",
      data: { runId: plan.latest_run_id === null ? null : toId("run", plan.latest_run_id) },
    });
  }
}

/** Verdict and approval were given on a digest: what runs must still be that. */
async function refuseIfChanged(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRecord,
): Promise<PlannedStep[]> {
  const stored = await loadStoredSteps(tx.db, plan.id);
  const steps = stored.map((step) => StoredStep.parse(step));
  const digest = digestPlan(ctx.plane, { version: plan.version, workspace: plan.workspace, steps });
  if (digest !== plan.digest) {
    throw new NofxError("plan_changed", {
      detail: "Its steps are not the ones that were judged. Plan again.",
    });
  }
  return steps;
}

/** For each sensitive step the approval that this run uses, asking anew where the last yes is used up. */
async function approvalsFor(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRecord,
  steps: readonly PlannedStep[],
  requirements: readonly ApprovalRequirement[],
): Promise<string[]> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const used: string[] = [];
  // An answer that commits after this has to wait, and then finds the step; before this, it is seen here.
  await sql`
    select id from approvals where plan_id = ${plan.id}::uuid and subject = 'plan_step' and run_id is null order by id for update
  `.execute(tx.db);
  for (const step of await loadStepApprovals(tx.db, plan.id)) {
    if (step.status === "rejected" || step.status === "expired") {
      throw new NofxError("approval_required", {
        detail: `Step "${step.name}" was ${step.status === "rejected" ? "refused" : "not answered in time"}. Plan again to ask anew.`,
        data: { step: step.name },
      });
    }
    if (step.approval_id !== null) used.push(step.approval_id);
    else {
      const planned = byName.get(step.name);
      if (planned === undefined) continue;
      const asked = withGroups(aboutStep(step.plan_step_id, planned), requirements);
      used.push(await openApproval(ctx, tx, plan.id, asked));
    }
  }
  return used;
}
