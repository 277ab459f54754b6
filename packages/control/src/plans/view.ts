import { PlanView, type OverrideView, type PlanStepView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  findPlan,
  listPlanSteps,
  listPlanVersions,
  type EvaluationRecord,
  type PlanRecord,
  type PlanStepRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { effectiveVerdict, type Effective } from "../gates/effective.ts";
import { whyIdle } from "../runs/why-idle.ts";
import { viewOverride } from "../overrides/view.ts";

const STEPS_IN_VIEW = 500;

export async function loadPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string,
): Promise<PlanRecord> {
  const plan = await findPlan(tx.db, ctx.tenantId, toUuid("plan", planId));
  if (plan === undefined)
    throw new NofxError("not_found", { detail: "There is no such plan in this tenant." });
  return plan;
}

/** One plan version with its verdicts, its first 500 steps and what stands between it and execution. */
export async function viewPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string,
): Promise<PlanView> {
  const plan = await loadPlan(ctx, tx, planId);
  const steps = await listPlanSteps(tx.db, { planId: plan.id, limit: STEPS_IN_VIEW });
  const approval = await tx.db
    .selectFrom("approvals")
    .select(["id", "status"])
    .where("plan_id", "=", plan.id)
    .where("subject", "=", "plan")
    .orderBy("id", "desc")
    .executeTakeFirst();
  const versions = await listPlanVersions(tx.db, plan.pack_id);
  const effective = await effectiveVerdict(ctx, tx, plan);
  const idle = await idleRunOf(ctx, tx, plan);
  const blockers = blockersOf(plan, approval?.status, effective, idle);
  return PlanView.parse({
    ...toPlanSummary(plan),
    workspace: plan.workspace,
    planApprovalId: approval === undefined ? null : toId("approval", approval.id),
    planApprovalStatus: approval?.status ?? null,
    overridden: effective.live.length > 0,
    effectiveVerdict: effective.verdict,
    overrides: shownOverrides(effective),
    evaluations: effective.evaluations.map(toEvaluation),
    forecast: plan.forecast,
    timetable: viewTimetable(plan),
    parentId: plan.parent_id === null ? null : toId("plan", plan.parent_id),
    stepList: steps.items.map(toPlanStep),
    versions: versions.map((one) => ({
      id: toId("plan", one.id),
      version: one.version,
      status: one.status,
      createdAt: one.created_at.toISOString(),
    })),
    executable: blockers.length === 0,
    blockers,
  });
}

function viewTimetable({ makespan_seconds, lower_bound_seconds, resources }: PlanRecord) {
  if (makespan_seconds === null) return null;
  return { makespanSeconds: makespan_seconds, lowerBoundSeconds: lower_bound_seconds, resources };
}

/** What the run of a plan waits for, where none of its steps is at work. */
async function idleRunOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  { latest_run_id: id, latest_run_status: status, latest_run_paused_at: paused_at }: PlanRecord,
): Promise<string | undefined> {
  if (id === null || status === null) return undefined;
  return (await whyIdle(ctx, tx, [{ id, status, paused_at }])).get(id);
}

/** Sentences for people: why this plan cannot be executed now. */
function blockersOf(
  plan: PlanRecord,
  approval: string | undefined,
  { verdict, voidBecause }: Effective,
  idle: string | undefined,
): string[] {
  const running = plan.latest_run_status === "queued" || plan.latest_run_status === "running";
  const lapsed =
    plan.status === "approved" &&
    (verdict === "block" || (verdict === "warn" && approval !== "approved"));
  return [
    ...(voidBecause === "rules" && ["ready", "blocked", "approved"].includes(plan.status)
      ? ["The rules of the gates have changed since it was judged: plan again."]
      : []),
    ...(lapsed ? ["The override that let it through counts no more."] : []),
    ...(plan.status === "blocked" ? ["A gate blocks it: correct the backlog and plan again."] : []),
    ...(plan.status === "ready" && approval === "expired"
      ? ["Nobody approved it in time: plan again to ask anew."]
      : []),
    ...(plan.status === "ready" && approval !== "expired"
      ? ["Its warn verdict waits for an approval."]
      : []),
    ...(plan.status === "superseded" ? ["A newer version has taken its place."] : []),
    ...(plan.status === "cancelled"
      ? ["Its approval was refused: change the backlog and plan again."]
      : []),
    ...(running
      ? [idle === undefined ? "It is being executed right now." : `Its run has begun. ${idle}`]
      : []),
  ];
}

export function toPlanSummary(plan: PlanRecord) {
  return {
    id: toId("plan", plan.id),
    pack: plan.pack,
    title: plan.title,
    version: plan.version,
    status: plan.status,
    verdict: plan.verdict,
    steps: plan.step_count,
    digest: plan.digest,
    createdAt: plan.created_at.toISOString(),
    createdBy: plan.created_by,
    latestRunId: plan.latest_run_id === null ? null : toId("run", plan.latest_run_id),
    latestRunStatus: plan.latest_run_status,
    overridden: plan.overridden,
    pendingApprovals: plan.pending_approvals,
  };
}

export function toEvaluation({ rules_digest, ...one }: EvaluationRecord) {
  return { ...one, rulesDigest: rules_digest, at: one.at.toISOString() };
}

/** Overrides that count or wait for a second person: wherever the verdict is shown, they are. */
export function shownOverrides({ overrides, rules }: Effective): OverrideView[] {
  return overrides
    .map((one) => viewOverride(one, rules.digest))
    .filter(({ status }) => status === "active" || status === "pending");
}

export function toPlanStep(step: PlanStepRecord): Record<keyof PlanStepView, unknown> {
  return {
    id: toId("planStep", step.id),
    name: step.name,
    title: step.title,
    itemKey: step.item_key,
    kind: step.kind,
    capability: step.capability,
    with: step.arguments,
    needs: step.needs,
    priority: step.priority,
    position: step.position,
    sensitive: step.sensitive,
    risk: step.risk,
    labels: step.labels,
    owner: step.owner,
    token: step.token,
    x: step.x,
    y: step.y,
    verdict: step.verdict,
    approvalId: step.approval_id === null ? null : toId("approval", step.approval_id),
    approvalStatus: step.approval_status,
    resources: step.resources,
    estimate: step.estimate,
    startSeconds: step.start_seconds,
    slackSeconds: step.slack_seconds,
    critical: step.critical,
  };
}
