import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import type { ForkAnswer, StepEdit } from "../runs/control-run.ts";

/** `redriven` with the new run, or why not. */
export interface RedriveAnswer extends ForkAnswer {
  letters: string[];
  version?: number;
}

export interface SettledLetter {
  result: "resolved" | "conflict" | "going";
  status?: string;
  version?: number;
  /** Of `going`: the run that is undoing others right now. */
  run_id?: string;
  /** The run that goes on undoing what had to wait for this. */
  rest?: RedriveAnswer | null;
}

export interface AskedLoss {
  result: "asked" | "asked_before" | "conflict";
  approval_id?: string;
  status: string;
  version?: number;
}

interface Wanted {
  tenantId: string;
  letterId: string;
  version: number | null;
  newRunId: string;
  requesterName: string;
  correlationId: string;
  traceparent: string | null;
}

async function call<T>(db: Executor, value: RawBuilder<unknown>): Promise<T | undefined> {
  const { rows } = await sql<{ value: T | null }>`select ${value} as value`.execute(db);
  return rows[0]?.value ?? undefined;
}

export function redriveLetter(db: Executor, of: Wanted & { edit: StepEdit | null }) {
  return call<RedriveAnswer>(
    db,
    sql`engine.redrive(${of.tenantId}::uuid, ${of.letterId}::uuid, ${of.version}::integer,
      ${of.edit === null ? null : JSON.stringify(of.edit)}::jsonb, ${of.newRunId}::uuid, ${of.requesterName},
      ${of.correlationId}::uuid, ${of.traceparent}::text)`,
  );
}

export function resolveLetter(db: Executor, of: Wanted & { evidence: string }) {
  return call<SettledLetter>(
    db,
    sql`engine.resolve_letter(${of.tenantId}::uuid, ${of.letterId}::uuid, ${of.version}::integer, ${of.evidence},
      ${of.newRunId}::uuid, ${of.requesterName}, ${of.correlationId}::uuid, ${of.traceparent}::text)`,
  );
}

export function askAcceptLoss(
  db: Executor,
  of: Omit<Wanted, "newRunId" | "traceparent"> & {
    reason: string;
    arguments: Record<string, unknown>;
    digest: string;
  },
) {
  return call<AskedLoss>(
    db,
    sql`engine.ask_accept_loss(${of.tenantId}::uuid, ${of.letterId}::uuid, ${of.version}::integer, ${of.reason},
      ${JSON.stringify(of.arguments)}::jsonb, ${of.digest}, ${of.requesterName}, ${of.correlationId}::uuid)`,
  );
}

/** Carries out a yes to accepting a loss; undefined where the approval is about something else. */
export function acceptLoss(db: Executor, approvalId: string, newRunId: string) {
  return call<SettledLetter>(db, sql`engine.accept_loss(${approvalId}::uuid, ${newRunId}::uuid)`);
}

/** What a redrive would run again: for checking new arguments. */
export async function findLetterStep(
  db: Executor,
  letterId: string,
): Promise<
  { name: string; kind: string; lineage: string; token: string; needs: string[] } | undefined
> {
  const { rows } = await sql<{
    name: string;
    kind: string;
    lineage: string;
    token: string;
    needs: string[];
  }>`
    select s.name, s.kind, s.token, coalesce(p.pack_id::text, s.token) as lineage,
      coalesce((select array_agg(n.name) from step_dependencies_all e join steps_all n on n.id = e.depends_on where e.step_id = s.id), '{}') as needs
    from dead_letters d join steps_all s on s.id = d.step_id join runs_all r on r.id = d.run_id left join plans p on p.id = r.plan_id
    where d.id = ${letterId}::uuid
  `.execute(db);
  return rows[0];
}
