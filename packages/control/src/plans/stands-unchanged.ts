import { Finding } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { overall, type ApprovalRequirement } from "@nofx/core/gates";
import { findPlan, loadStepApprovals, type StepApprovalState } from "@nofx/db/queries";
import { sql } from "kysely";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { effectiveVerdict } from "../gates/effective.ts";
import { digestPlan } from "./digest.ts";
import type { PlanDraft } from "./draft-plan.ts";

/**
 * Whether another version would only repeat this one: the same steps, judged the same, and what was asked about them is open or
 * answered with yes. A no, or a question that nobody answered in time, is asked anew by another version.
 */
export async function standsUnchanged(
  ctx: MemberContext,
  tx: CommandTransaction,
  planId: string,
  next: { title: string; workspace: string | null; draft: PlanDraft },
): Promise<boolean> {
  const plan = await findPlan(tx.db, ctx.tenantId, planId);
  if (plan === undefined || plan.title !== next.title) return false;
  const { workspace, draft } = next;
  const digest = digestPlan(ctx.plane, { version: plan.version, workspace, steps: draft.steps });
  if (digest !== plan.digest) return false;
  const { evaluations, requirements } = draft.judgement;
  const effective = await effectiveVerdict(ctx, tx, plan);
  if (effective.voidBecause !== null || plan.verdict !== overall(evaluations).verdict) return false;
  if (saidBy(evaluations) !== saidBy(effective.evaluations)) return false;
  const asked = await loadStepApprovals(tx.db, planId);
  if (asked.some(({ status }) => status === "rejected" || status === "expired")) return false;
  if (!(await namesGroups(tx, asked, requirements))) return false;
  const answer = await answerAboutPlan(tx, planId);
  if (plan.status === "ready") return answer === "pending";
  if (plan.status !== "approved") return false;
  return effective.verdict === "allow" || (effective.verdict === "warn" && answer === "approved");
}

interface Judged {
  readonly gate: string;
  readonly findings: unknown;
}

const Findings = z.array(Finding);

/** What was found, without its evidence: that holds figures which change with every run. */
function saidBy(evaluations: readonly Judged[]): string {
  const sorted = evaluations.toSorted((a, b) => (a.gate < b.gate ? -1 : 1));
  return canonicalJson(
    sorted.map(({ gate, findings }) => [
      gate,
      Findings.parse(findings).map(({ rule, step, verdict, reason }) => [
        rule,
        step,
        verdict,
        reason,
      ]),
    ]),
  );
}

/** Whether the questions about steps name the groups that have to answer them now. */
async function namesGroups(
  tx: CommandTransaction,
  asked: readonly StepApprovalState[],
  requirements: readonly ApprovalRequirement[],
): Promise<boolean> {
  if (requirements.length === 0) return true;
  const ids = asked.flatMap(({ approval_id }) => approval_id ?? []);
  const { rows } = await sql<{ id: string; groups: string[] }>`
    select a.id, array(select g ->> 'group' from jsonb_array_elements(a.rule -> 'groups') g) as groups
    from approvals a where a.id = any(${ids}::uuid[])
  `.execute(tx.db);
  const groupsOf = new Map(rows.map(({ id, groups }) => [id, groups]));
  return requirements.every(({ step, group }) => {
    const question = asked.find(({ name }) => name === step)?.approval_id ?? null;
    // used up by a run: the next one asks anew, with the groups of then
    return question === null || groupsOf.get(question)?.includes(group) === true;
  });
}

async function answerAboutPlan(
  tx: CommandTransaction,
  planId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ status: string }>`
    select status from approvals where plan_id = ${planId}::uuid and subject = 'plan' order by id desc limit 1
  `.execute(tx.db);
  return rows[0]?.status;
}
