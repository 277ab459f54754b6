import { canonicalJson } from "@nofx/core/canonical";
import type { ApprovalRequirement, Evaluation, Finding } from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import type { GateKind, Verdict } from "@nofx/core/vocabulary";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import type { Judgement } from "../gates/judge.ts";
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
  subject: "plan" | "plan_step" | "override";
  planStepId: string | null;
  title: string;
  question: string;
  why: string;
  arguments: Record<string, unknown>;
  /** Beside what the tenant's rules of approval ask for. */
  rule?: { groups: { group: string; k: number }[] };
  overrideId?: string;
  /** Who asks, where it is not the caller: whoever asks does not answer. */
  requester?: { id: string; name: string };
  expiresAt?: Date;
}

/** Asks people about a plan's warn verdict, and about each sensitive step with its exact arguments. */
export async function openApprovals(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: JudgedPlan,
  steps: readonly PlannedStep[],
  sensitive: readonly { id: string; name: string }[],
  { evaluations, requirements }: Judgement,
): Promise<void> {
  if (plan.verdict === "warn") await openApproval(ctx, tx, plan.id, aboutPlan(plan, evaluations));
  const byName = new Map(steps.map((step) => [step.name, step]));
  for (const { id, name } of sensitive) {
    const step = byName.get(name);
    if (step === undefined) continue;
    await openApproval(ctx, tx, plan.id, withGroups(aboutStep(id, step), requirements));
  }
}

function aboutPlan(plan: JudgedPlan, evaluations: readonly Evaluation[]): NewApproval {
  return aboutWarnings(
    plan,
    evaluations.flatMap(({ gate, findings }) => findings.map((finding) => ({ gate, ...finding }))),
  );
}

/** The question about what gates warn of in a plan. */
export function aboutWarnings(
  plan: Omit<JudgedPlan, "verdict">,
  found: readonly (Finding & { gate: GateKind })[],
): NewApproval {
  const findings = found.filter((finding) => finding.verdict === "warn");
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

/** The groups that have to say yes to this step, because of its labels. */
export function withGroups(
  approval: NewApproval & { step: string },
  requirements: readonly ApprovalRequirement[],
): NewApproval {
  const { step, ...asked } = approval;
  const groups = requirements.filter((one) => one.step === step);
  if (groups.length === 0) return asked;
  return {
    ...asked,
    why: `${asked.why} ${groups.map(({ group, label }) => `${group} has to approve it, because of its label ${label}.`).join(" ")}`,
    rule: { groups: groups.map(({ group }) => ({ group, k: 1 })) },
  };
}

/** Also asked again when a plan is executed a second time: a yes is good for one run. */
export function aboutStep(
  planStepId: string,
  step: Pick<PlannedStep, "name" | "title" | "kind" | "with" | "risk">,
): NewApproval & { step: string } {
  const risks = step.risk.length === 0 ? "" : `; risk: ${step.risk.join(", ")}`;
  return {
    step: step.name,
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
  const requester = approval.requester ?? { id: ctx.actor.id, name: ctx.name };
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
      requested_by: requester.id,
      requested_by_name: requester.name,
      requester_user_id: requester.id,
      expires_at:
        approval.expiresAt ?? new Date(ctx.plane.now().getTime() + APPROVAL_HOURS * 3_600_000),
      ...(approval.rule !== undefined && { rule: JSON.stringify(approval.rule) }),
      ...(approval.overrideId !== undefined && { override_id: approval.overrideId }),
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
