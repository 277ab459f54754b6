import { STEP_VERSION } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface NewRun {
  id: string;
  tenantId: string;
  planId: string;
  workspace: string | null;
  stepCount: number;
  correlationId: string;
  /** The event that starts it. */
  causationId: string;
  traceparent: string | null;
  createdBy: string;
}

/** The run and all its steps, in one call. A step is of the version of its kind that is newest now. */
export async function startRun(db: Executor, run: NewRun): Promise<void> {
  await sql`
    select engine.start_run(${run.tenantId}::uuid, ${run.id}::uuid, ${run.planId}::uuid, ${run.workspace}, ${run.stepCount},
      ${JSON.stringify(STEP_VERSION)}::jsonb, 'member', ${run.createdBy}, ${run.correlationId}::uuid, ${run.causationId}::uuid, ${run.traceparent})
  `.execute(db);
}

export interface StepApprovalState {
  plan_step_id: string;
  name: string;
  title: string;
  arguments_digest: string;
  approval_id: string | null;
  status: string | null;
}

/**
 * Sensitive steps of a plan, each with the newest approval that no run has used yet. A yes whose grant ran out or is used up is
 * none; one of before there were grants has none, and stands.
 */
export async function loadStepApprovals(
  db: Executor,
  planId: string,
): Promise<StepApprovalState[]> {
  const { rows } = await sql<StepApprovalState>`
    select s.id as plan_step_id, s.name, s.title, s.arguments_digest,
      case when not a.spent then a.id end as approval_id, case when not a.spent then a.status end as status
    from plan_steps s
    left join lateral (
      select a.id, a.status, exists (
        select from approval_grants g
        where g.approval_id = a.id and (g.consumed_at is not null or g.expires_at <= clock_timestamp())) as spent
      from approvals a
      where a.plan_step_id = s.id and a.run_id is null and a.arguments_digest = s.arguments_digest
      order by a.id desc limit 1
    ) a on true
    where s.plan_id = ${planId}::uuid and s.sensitive
    order by s.position
  `.execute(db);
  return rows;
}

/** Binds approvals to the run that uses them, and to its steps. */
export async function bindApprovals(
  db: Executor,
  runId: string,
  approvalIds: readonly string[],
): Promise<void> {
  if (approvalIds.length === 0) return;
  await sql`update approvals set run_id = ${runId}::uuid where id = any(${approvalIds}::uuid[])`.execute(
    db,
  );
}

/** And carries out what was answered before: yeses are used up, edits become the steps' arguments. */
export async function bindApprovalSteps(db: Executor, runId: string): Promise<void> {
  await sql`
    update approvals a set step_id = s.id from steps s
    where a.run_id = ${runId}::uuid and s.run_id = a.run_id and s.plan_step_id = a.plan_step_id and a.step_id is null
  `.execute(db);
  await sql`select engine.use_answers(${runId}::uuid)`.execute(db);
}
