import type pg from "pg";
import type { EngineModel } from "@nofx/core/model";

/**
 * All that decides about what happens next, as sorted lines: of the model and of the database the same, if they agree. Times
 * are told as what they mean now.
 */
export function dumpModel(model: EngineModel, now: number): string[] {
  const name = (id: string | null) => id ?? "-";
  return [
    ...[...model.runs.values()].map((run) =>
      line(
        "run",
        run.id,
        run.status,
        run.compensation,
        run.outcome,
        run.stepsLeft,
        run.stepsFailed,
        {
          steps: run.stepCount,
          cancel: run.cancelRequestedAt !== null,
          paused: run.pausedAt !== null,
          ended: run.finishedAt !== null,
        },
      ),
    ),
    ...[...model.steps.values()].map((step) =>
      line("step", step.id, step.status, step.holds, step.depsLeft, step.childrenLeft, {
        epoch: step.epoch,
        failures: step.failures,
        crashes: step.crashes,
        owner: step.leaseOwner,
        due: step.status === "queued" && step.runAt <= now,
        leased: (step.leaseUntil ?? 0) > now,
        late: step.finalisedAt === null && (step.deadlineAt ?? Infinity) <= now,
        cancel: step.leaseOwner !== null && step.cancelRequested,
        error: step.status === "failed" || step.status === "queued" ? step.error?.code : null,
        ended: step.finalisedAt !== null,
        undoes: step.undoOf,
        parent: step.parentId,
      }),
    ),
    ...model.dependencies.map((edge) => line("edge", edge.stepId, edge.dependsOn, edge.required)),
    ...model.attempts.map((one) =>
      line(
        "attempt",
        one.stepId,
        one.epoch,
        one.executor,
        one.outcome,
        one.errorCode,
        one.refusedOutcome,
      ),
    ),
    ...model.checkpoints.map((one) =>
      line("checkpoint", one.stepId, one.name, one.value, one.epoch),
    ),
    ...model.compensations.map((one) =>
      line("undo", one.stepId, `"${one.name}"`, one.status, name(one.undoStep)),
    ),
    ...model.deadLetters.map((one) =>
      line("letter", one.stepId, one.stage, one.reason, one.status),
    ),
    ...model.waits.map((one) => line("wait", one.stepId, one.name, one.option, one.status)),
    ...model.messages.map((one) =>
      line("message", one.toStep, one.channel, one.consumedBy !== null),
    ),
    ...[...model.approvals.values()].map((one) =>
      line("approval", one.stepId, one.subject, one.name, one.digest, one.status),
    ),
  ].toSorted();
}

/** As SQL: `runs` are called r0, r1, … in the order in which they were made. */
export async function dumpDatabase(owner: pg.Pool, runs: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query<{
    of: string;
    parts: unknown[];
    facts: Record<string, unknown>;
  }>(
    `with run as (select r.*, 'r' || (array_position($1::uuid[], r.id) - 1) as called from runs r),
     step as (select s.*, r.called || '/' || s.name as called from steps s join run r on r.id = s.run_id)
     select 'run' as of, jsonb_build_array(r.called, r.status, r.compensation, r.outcome, r.steps_left, r.steps_failed) as parts,
       jsonb_build_object('steps', r.step_count, 'cancel', r.cancel_requested_at is not null, 'paused', r.paused_at is not null,
         'ended', r.finished_at is not null) as facts
     from run r
     union all
     select 'step', jsonb_build_array(s.called, s.status, s.holds, s.deps_left, s.children_left),
       jsonb_build_object('epoch', s.epoch, 'failures', s.failures, 'crashes', s.crashes, 'owner', s.lease_owner,
         'due', s.status = 'queued' and s.run_at <= clock_timestamp(), 'leased', coalesce(s.lease_until > clock_timestamp(), false),
         'late', s.finalised_at is null and coalesce(s.deadline_at <= clock_timestamp(), false),
         'cancel', s.lease_owner is not null and s.cancel_requested_at is not null,
         'error', case when s.status in ('failed', 'queued') then s.error ->> 'code' end, 'ended', s.finalised_at is not null,
         'undoes', (select u.called from step u where u.id = s.undo_of), 'parent', (select p.called from step p where p.id = s.parent_step_id))
     from step s
     union all
     select 'edge', jsonb_build_array(s.called, o.called, d.required), '{}'
     from step_dependencies d join step s on s.id = d.step_id join step o on o.id = d.depends_on
     union all
     select 'attempt', jsonb_build_array(s.called, a.epoch, a.executor, a.outcome, a.error_code, a.refused_outcome), '{}'
     from attempts a join step s on s.id = a.step_id
     union all
     select 'checkpoint', jsonb_build_array(s.called, c.name, c.value, c.epoch), '{}' from checkpoints c join step s on s.id = c.step_id
     union all
     select 'undo', jsonb_build_array(s.called, '"' || c.name || '"', c.status, u.called), '{}'
     from compensations c join step s on s.id = c.step_id left join step u on u.id = c.undo_step
     union all
     select 'letter', jsonb_build_array(s.called, l.stage, l.reason, l.status), '{}' from dead_letters l join step s on s.id = l.step_id
     union all
     select 'wait', jsonb_build_array(s.called, w.name, w.option, w.status), '{}' from waits w join step s on s.id = w.step_id
     union all
     select 'message', jsonb_build_array(s.called, m.channel, m.consumed_by is not null), '{}'
     from agent_messages m join step s on s.id = m.to_step
     union all
     select 'approval', jsonb_build_array(s.called, a.subject, a.name, a.arguments_digest, a.status), '{}'
     from approvals a join step s on s.id = a.step_id`,
    [runs],
  );
  return rows.map((row) => line(row.of, ...row.parts, ORDER[row.of]?.(row.facts) ?? {})).toSorted();
}

/** jsonb sorts its keys: the order of the model's lines. */
const ORDER: Record<string, (facts: Record<string, unknown>) => Record<string, unknown>> = {
  run: ({ steps, cancel, paused, ended }) => ({ steps, cancel, paused, ended }),
  step: ({
    epoch,
    failures,
    crashes,
    owner,
    due,
    leased,
    late,
    cancel,
    error,
    ended,
    undoes,
    parent,
  }) => ({
    epoch,
    failures,
    crashes,
    owner,
    due,
    leased,
    late,
    cancel,
    error,
    ended,
    undoes,
    parent,
  }),
};

function line(...parts: readonly unknown[]): string {
  return parts
    .flatMap((part) =>
      part !== null && typeof part === "object"
        ? Object.entries(part).map(([key, value]) => `${key}=${text(value)}`)
        : [text(part)],
    )
    .join(" ");
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
