import { canonicalJson } from "@nofx/core/canonical";
import type { Evaluation } from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import type { Verdict } from "@nofx/core/vocabulary";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { approvedArguments } from "./arguments-digest.ts";

/** 72 hours: expiry never approves, so it may be generous. */
const APPROVAL_HOURS = 72;

interface JudgedPlan {
  id: string;
  version: number;
  title: string;
  digest: string;
  verdict: Verdict;
}

interface NewApproval {
  subject: "plan" | "plan_step";
  planStepId: string | null;
  title: string;
  question: string;
  why: string;
  arguments: Record<string, unknown>;
}

/** Asks people about a plan's warn verdict, and about each sensitive step with its exact arguments. */
export async function openApprovals(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: JudgedPlan,
  steps: readonly PlannedStep[],
  sensitive: readonly { id: string; name: string }[],
  evaluations: readonly Evaluation[],
): Promise<void> {
  if (plan.verdict === "warn") await openApproval(ctx, tx, plan.id, aboutPlan(plan, evaluations));
  const byName = new Map(steps.map((step) => [step.name, step]));
  for (const { id, name } of sensitive) {
    const step = byName.get(name);
    if (step !== undefined) await openApproval(ctx, tx, plan.id, aboutStep(id, step));
  }
}

function aboutPlan(plan: JudgedPlan, evaluations: readonly Evaluation[]): NewApproval {
  const findings = evaluations.flatMap((one) =>
    one.findings
      .filter((finding) => finding.verdict === "warn")
      .map((finding) => ({ gate: one.gate, ...finding })),
  );
  return {
    subject: "plan",
    planStepId: null,
    title: `Plan ${plan.title}, version ${plan.version}`,
    question: "May this plan be executed although a gate warns?",
    why: findings.map((finding) => finding.reason).join(" "),
    arguments: {
      plan: plan.title,
      version: plan.version,
      digest: plan.digest,
      findings: findings.map(({ gate, rule, step, reason, tip }) => ({
        gate,
        rule,
        step,
        reason,
        tip,
      })),
    },
  };
}

/** Also asked again when a plan is executed a second time: a yes is good for one run. */
export function aboutStep(
  planStepId: string,
  step: Pick<PlannedStep, "name" | "title" | "kind" | "with" | "risk">,
): NewApproval {
  const risks = step.risk.length === 0 ? "" : `; risk: ${step.risk.join(", ")}`;
  return {
    subject: "plan_step",
    planStepId,
    title: step.title,
    question: `May step "${step.name}" run exactly as shown?`,
    why: `The backlog marks this item as sensitive${risks}.`,
    arguments: approvedArguments(step),
  };
}

export async function openApproval(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string,
  approval: NewApproval,
  runId: string | null = null,
): Promise<string> {
  const id = ctx.plane.newUuid();
  await tx.db
    .insertInto("approvals")
    .values({
      id,
      tenant_id: ctx.tenantId,
      subject: approval.subject,
      plan_id: planId,
      plan_step_id: approval.planStepId,
      run_id: runId,
      title: approval.title,
      question: approval.question,
      why: approval.why,
      arguments: JSON.stringify(approval.arguments),
      arguments_digest: ctx.plane.sha256(canonicalJson(approval.arguments)),
      requested_by_type: "member",
      requested_by: ctx.actor.id,
      requested_by_name: ctx.name,
      requester_user_id: ctx.actor.id,
      expires_at: new Date(ctx.plane.now().getTime() + APPROVAL_HOURS * 3_600_000),
      correlation_id: ctx.correlationId,
    })
    .execute();
  tx.emit({
    type: "approval.requested",
    payload: {
      approval_id: id,
      subject: approval.subject,
      plan_id: planId,
      ...(runId === null ? {} : { run_id: runId }),
    },
  });
  return id;
}
