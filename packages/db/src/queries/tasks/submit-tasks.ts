import { sql } from "kysely";
import type { Pool } from "pg";
import { withRetry } from "../../client/retry.ts";
import type { KeyClaim } from "../keys/claim-key.ts";
import type { Executor } from "../executor.ts";
import type { Ceiling } from "../queues/ceilings.ts";

/** What tasks are judged by. */
export interface JudgedBy {
  readonly ceilings: readonly Ceiling[];
  /** Absent where no task is a command; null where the tenant has not said. */
  readonly shell?: string | null;
}

/** One task as `engine.enqueue` takes it: judged, with its defaults. */
export interface NewTask {
  kind: string;
  kind_version: number;
  executor: string;
  capability: string | null;
  arguments: Record<string, unknown>;
  queue: string;
  priority: number;
  title: string;
  /** A second task of this key is the first one. */
  key: string | null;
  /** What its effects carry, so that they are told apart. */
  token: string;
  /** Not before this; now where it is null. */
  run_at: string | null;
  max_failures: number;
  deadline_ms: number;
  undo: { kind: string; with: Record<string, unknown> } | null;
}

export interface EnqueuedTasks {
  /** Uuids in the order of the tasks. */
  runs: string[];
  existing: number;
  for_workers: number;
  for_agents: number;
}

export type Submission =
  /** The request has been answered, or is being answered. */
  | { readonly key: KeyClaim }
  /** Nothing was done: it is these that the tasks have to be judged by. */
  | { readonly judge_by: JudgedBy }
  | { readonly queued: EnqueuedTasks };

/** What the tasks of a tenant are to be judged by now. */
export async function loadJudgedBy(
  db: Executor,
  tenantId: string,
  shell: boolean,
): Promise<JudgedBy> {
  const { rows } = await sql<{ value: JudgedBy }>`
    select app.judged_by(${tenantId}::uuid, ${shell}) as value
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("app.judged_by answered nothing");
  return row.value;
}

/** The command tasks.submit in one statement and one transaction, as a person of the tenant. */
export async function submitTasks(
  pool: Pool,
  of: {
    tenantId: string;
    memberId: string;
    key: string;
    fingerprint: string;
    tasks: readonly NewTask[];
    judgedBy: JudgedBy;
    /** The body of the audit entry, as it is hashed. */
    audit: string;
    correlationId: string;
    traceparent: string | null;
  },
): Promise<Submission> {
  const values = [
    of.tenantId,
    of.memberId,
    of.key,
    of.fingerprint,
    JSON.stringify(of.tasks),
    JSON.stringify(of.judgedBy),
    of.audit,
    of.correlationId,
    of.traceparent,
  ];
  // repeated after a lost connection it finds by its key what it did
  const { rows } = await withRetry(
    () => pool.query<{ value: Submission }>({ text: SUBMIT, values }),
    3,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("app.submit_tasks answered nothing");
  return row.value;
}

const SUBMIT = "select app.submit_tasks($1, $2, $3, $4, $5, $6, $7, $8, $9) as value";
