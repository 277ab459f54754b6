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

/**
 * The run and all its steps, in one transaction: a few statements whatever the size. A step that waits for others or for
 * people starts with the hold that says so. A step is of the version of its kind that is newest now.
 */
export async function startRun(db: Executor, run: NewRun): Promise<void> {
  await sql`
    insert into runs (id, tenant_id, plan_id, workspace, step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
    values (${run.id}, ${run.tenantId}, ${run.planId}, ${run.workspace}, ${run.stepCount}, ${run.stepCount}, ${run.correlationId},
      ${run.causationId}, ${run.traceparent}, 'member', ${run.createdBy})
  `.execute(db);
  await sql`
    insert into steps (tenant_id, run_id, plan_step_id, name, title, kind, kind_version, executor, capability, queue, priority, position, arguments,
      token, sensitive, undo, pivot, max_failures, deadline_ms, holds, deps_left, correlation_id, causation_id, traceparent)
    select s.tenant_id, ${run.id}::uuid, s.id, s.name, s.title, s.kind, (${JSON.stringify(STEP_VERSION)}::jsonb ->> s.kind)::smallint, s.executor, s.capability, s.queue, s.priority, s.position,
      s.arguments, s.token, s.sensitive, s.undo, s.pivot, s.max_failures, s.deadline_seconds * 1000::bigint,
      case when cardinality(s.needs) > 0 then 1 else 0 end | case when s.sensitive and a.status is distinct from 'approved' then 2 else 0 end,
      cardinality(s.needs), ${run.correlationId}::uuid, ${run.causationId}::uuid, ${run.traceparent}
    from plan_steps s
    left join lateral (
      select a.status from approvals a where a.plan_step_id = s.id and a.run_id = ${run.id}::uuid
    ) a on s.sensitive
    where s.plan_id = ${run.planId}::uuid
    order by s.position
  `.execute(db);
  await insertDependencies(db, run.id);
}

/**
 * Which step waits for which, by the names in the plan. The steps were inserted a moment ago, so the planner believes
 * that there is one of them and joins each with every other: minutes for 10,000 steps. Without nested loops, and with
 * both sides fenced by `offset 0`, it hashes them: half a second.
 */
async function insertDependencies(db: Executor, runId: string): Promise<void> {
  await sql`set local enable_nestloop to off`.execute(db);
  await sql`
    insert into step_dependencies (step_id, depends_on, tenant_id)
    select waiting.id, needed.id, waiting.tenant_id
    from (
      select s.id, s.tenant_id, unnest(p.needs) as need
      from steps s join plan_steps p on p.id = s.plan_step_id
      where s.run_id = ${runId}::uuid offset 0
    ) waiting
    join (select id, name from steps where run_id = ${runId}::uuid offset 0) needed on needed.name = waiting.need
  `.execute(db);
  await sql`set local enable_nestloop to default`.execute(db);
}

export interface StepApprovalState {
  plan_step_id: string;
  name: string;
  title: string;
  arguments_digest: string;
  approval_id: string | null;
  status: string | null;
}

/** Sensitive steps of a plan, each with the newest approval that no run has used yet. */
export async function loadStepApprovals(
  db: Executor,
  planId: string,
): Promise<StepApprovalState[]> {
  const { rows } = await sql<StepApprovalState>`
    select s.id as plan_step_id, s.name, s.title, s.arguments_digest, a.id as approval_id, a.status
    from plan_steps s
    left join lateral (
      select a.id, a.status from approvals a
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

export async function bindApprovalSteps(db: Executor, runId: string): Promise<void> {
  await sql`
    update approvals a set step_id = s.id from steps s
    where a.run_id = ${runId}::uuid and s.run_id = a.run_id and s.plan_step_id = a.plan_step_id and a.step_id is null
  `.execute(db);
}
