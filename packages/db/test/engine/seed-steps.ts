import type pg from "pg";
import type { Action } from "@nofx/core/testing/engine";
import { seedRun } from "@nofx/db/testing";

/** The run of an `enqueue`, with its soft edges, and the questions that its sensitive steps wait for. Answers its id. */
export async function seedSteps(
  owner: pg.Pool,
  tenantId: string,
  action: Extract<Action, { do: "enqueue" }>,
): Promise<string> {
  const { undoOrder } = action;
  const drafts = action.steps.map((step) => ({
    name: step.name,
    needs: [...(step.needs ?? []), ...(step.softNeeds ?? [])],
    priority: step.priority ?? 3,
    sensitive: step.sensitive ?? false,
    pivot: step.pivot ?? false,
    maxFailures: step.maxFailures ?? 3,
    maxCrashes: step.maxCrashes ?? 3,
    deadlineMs: step.deadlineMs ?? 86_400_000,
    ...(step.undo === null || step.undo === undefined
      ? {}
      : { undo: { kind: step.undo.kind, with: {} } }),
  }));
  const run = await seedRun(owner, tenantId, drafts, { undoOrder });
  for (const step of action.steps) {
    for (const need of step.softNeeds ?? []) {
      await owner.query(
        "update step_dependencies set required = false where step_id = $1 and depends_on = $2",
        [run.steps[step.name], run.steps[need]],
      );
    }
  }
  await owner.query(
    `insert into approvals (tenant_id, subject, plan_step_id, run_id, step_id, title, question, why, arguments,
       arguments_digest, requested_by_type, requested_by, requested_by_name, expires_at, correlation_id)
     select s.tenant_id, 'plan_step', s.plan_step_id, s.run_id, s.id, '?', '?', '', '{}', '', 'system', 'test', 'test',
       clock_timestamp() + interval '1 year', s.correlation_id
     from steps s where s.run_id = $1 and s.sensitive`,
    [run.id],
  );
  return run.id;
}
