import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

/** What a control function of the engine answers. `undefined` where there is no such thing in the tenant. */
export interface ControlAnswer {
  result: string;
  status: string;
  for_workers?: number;
  for_agents?: number;
}

export interface ForkAnswer extends ControlAnswer {
  /** The new run; where it was refused, the run that is in the way. */
  run_id: string;
  steps: number;
  kept: number;
  approvals: number;
}

async function call<T>(db: Executor, value: RawBuilder<unknown>): Promise<T | undefined> {
  const { rows } = await sql<{ value: T | null }>`select ${value} as value`.execute(db);
  return rows[0]?.value ?? undefined;
}

export function cancelRun(
  db: Executor,
  of: { tenantId: string; runId: string; compensate: boolean | null; reason: string | null },
) {
  return call<ControlAnswer>(
    db,
    sql`engine.cancel_run(${of.tenantId}::uuid, ${of.runId}::uuid, ${of.compensate}::boolean, ${of.reason}::text)`,
  );
}

export function cancelStep(
  db: Executor,
  of: { tenantId: string; runId: string; stepName: string; reason: string | null },
) {
  return call<ControlAnswer & { step_id: string }>(
    db,
    sql`engine.cancel_step(${of.tenantId}::uuid, ${of.runId}::uuid, ${of.stepName}, ${of.reason}::text)`,
  );
}

export function pauseRun(db: Executor, of: { tenantId: string; runId: string }) {
  return call<ControlAnswer>(db, sql`engine.pause_run(${of.tenantId}::uuid, ${of.runId}::uuid)`);
}

export function resumeRun(db: Executor, of: { tenantId: string; runId: string }) {
  return call<ControlAnswer>(db, sql`engine.resume_run(${of.tenantId}::uuid, ${of.runId}::uuid)`);
}

/** New arguments of a step: what people are shown, under which digest, and the token that its effects carry. */
export interface StepEdit {
  arguments: Record<string, unknown>;
  digest: string;
  token: string;
}

export interface NewFork {
  tenantId: string;
  sourceRunId: string;
  newRunId: string;
  /** Null: all steps. */
  from: readonly string[] | null;
  edits: Readonly<Record<string, StepEdit>>;
  keepCheckpoints: boolean;
  requesterName: string;
  correlationId: string;
  traceparent: string | null;
}

/** Keeps a run live until the transaction ends, bringing it back from the history where it is there. */
async function restoreRun(db: Executor, tenantId: string, runId: string): Promise<void> {
  await sql`select engine.restore(${tenantId}::uuid, ${runId}::uuid)`.execute(db);
}

export async function forkRun(db: Executor, fork: NewFork) {
  await restoreRun(db, fork.tenantId, fork.sourceRunId);
  return call<ForkAnswer>(
    db,
    sql`engine.fork(${fork.tenantId}::uuid, ${fork.sourceRunId}::uuid, ${fork.newRunId}::uuid,
      ${fork.from === null ? null : [...fork.from]}::text[], ${JSON.stringify(fork.edits)}::jsonb, ${fork.keepCheckpoints},
      ${fork.requesterName}, ${fork.correlationId}::uuid, ${fork.traceparent}::text)`,
  );
}

export interface EditableStep {
  name: string;
  kind: string;
  status: string;
  needs: string[];
  token: string;
  /** What its identity hangs on: of a plan its pack, of a task itself. */
  lineage: string;
  is_undo: boolean;
  parent_step_id: string | null;
}

/** The named steps of a run, as far as they exist. */
export async function findSteps(
  db: Executor,
  runId: string,
  names: readonly string[],
): Promise<EditableStep[]> {
  const { rows } = await sql<EditableStep>`
    select s.name, s.kind, s.status, s.token, coalesce(p.pack_id::text, s.token) as lineage, s.undo_of is not null as is_undo, s.parent_step_id,
      coalesce((select array_agg(n.name) from step_dependencies_all d join steps_all n on n.id = d.depends_on where d.step_id = s.id), '{}') as needs
    from steps_all s join runs_all r on r.id = s.run_id left join plans p on p.id = r.plan_id
    where s.run_id = ${runId}::uuid and s.name = any(${[...names]}::text[])
  `.execute(db);
  return rows;
}
