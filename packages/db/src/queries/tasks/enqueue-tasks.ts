import { sql } from "kysely";
import type { Executor } from "../executor.ts";

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

/** Makes tasks, all in one statement. */
export async function enqueueTasks(
  db: Executor,
  of: {
    tenantId: string;
    tasks: readonly NewTask[];
    actor: { type: string; id: string };
    correlationId: string;
    traceparent: string | null;
  },
): Promise<EnqueuedTasks> {
  const { rows } = await sql<{ value: EnqueuedTasks }>`
    select engine.enqueue(${of.tenantId}::uuid, ${JSON.stringify(of.tasks)}::jsonb, ${of.actor.type}, ${of.actor.id}, ${of.correlationId}::uuid,
      ${of.traceparent}::text) as value
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("engine.enqueue answered nothing");
  return row.value;
}
